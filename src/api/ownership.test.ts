import { expect, test } from "bun:test";
import type { KubeObject } from "./object.ts";
import { controllerOf, controllerReference, isControlledBy } from "./ownership.ts";
import { REPLICA_SETS } from "./resources.ts";

const owner: KubeObject = { metadata: { name: "web", uid: "1" } };

test("what an owner makes knows it by UID, so that a namesake is not its owner", () => {
  const reference = controllerReference(REPLICA_SETS, owner);
  expect(reference).toEqual({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    name: "web",
    uid: "1",
    controller: true,
    blockOwnerDeletion: true,
  });
  const pod: KubeObject = { metadata: { ownerReferences: [reference] } };
  expect(controllerOf(pod)).toEqual(reference);
  expect(isControlledBy(pod, owner)).toBe(true);
  expect(isControlledBy(pod, { metadata: { name: "web", uid: "2" } })).toBe(false);
});

test("an owner that does not manage is no controller", () => {
  const { controller: _, ...reference } = controllerReference(REPLICA_SETS, owner);
  const pod: KubeObject = { metadata: { ownerReferences: [reference] } };
  expect(controllerOf(pod)).toBeUndefined();
  expect(isControlledBy(pod, owner)).toBe(false);
  expect(isControlledBy({}, {})).toBe(false);
});

test("an owner that was never stored cannot be referred to", () => {
  expect(() => controllerReference(REPLICA_SETS, { metadata: { name: "web" } })).toThrow("UID");
});
