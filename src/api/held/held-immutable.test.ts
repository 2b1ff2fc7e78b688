import { expect, test } from "bun:test";
import { SCHEMA } from "../schema.ts";
import { heldImmutable } from "./held-immutable.ts";

const JOB_SPEC = SCHEMA.object("io.k8s.api.batch.v1.JobSpec");

test("fields that may not change are told of as the server holds them", () => {
  const onExitCodes = { operator: "In", values: [1] };
  const current = { managedBy: "a/b", backoffLimitPerIndex: 1, podFailurePolicy: { rules: [] } };
  const next = { ...current, podFailurePolicy: { rules: [{ action: "Ignore", onExitCodes }] } };
  const fields = ["backoffLimitPerIndex", "podFailurePolicy", "managedBy"] as const;
  const errors = heldImmutable(JOB_SPEC, { next, current }, { path: "spec", fields });
  expect(errors).toEqual([
    {
      reason: "FieldValueInvalid",
      field: "spec.podFailurePolicy",
      message:
        'Invalid value: {"Rules":[{"Action":"Ignore","OnExitCodes":{"ContainerName":null,"Operator":"In","Values":[1]},"OnPodConditions":null}]}: field is immutable',
    },
  ]);
});

test("what is gone is null", () => {
  const change = { next: {}, current: { managedBy: "a/b" } };
  const [error] = heldImmutable<{ managedBy?: string }>(JOB_SPEC, change, {
    path: "spec",
    fields: ["managedBy"],
  });
  expect(error?.message).toBe("Invalid value: null: field is immutable");
});

test("a field that there is not is a mistake", () => {
  const none = { path: "spec", fields: ["x"] as const };
  expect(() => heldImmutable(JOB_SPEC, { next: { x: 1 }, current: { x: 2 } }, none)).toThrow(
    "io.k8s.api.batch.v1.JobSpec has no field x",
  );
});
