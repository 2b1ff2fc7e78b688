import { expect, test } from "bun:test";
import { lines } from "#test/kit/validate.ts";
import { validateConditions } from "./conditions.ts";

const condition = {
  type: "Ready",
  status: "True",
  lastTransitionTime: "2026-01-01T00:00:00Z",
  reason: "Fine",
  message: "",
};

test.each<[string, Parameters<typeof validateConditions>[0], string[]]>([
  ["as usual", [condition, { ...condition, type: "example.com/Ready", reason: "A:b" }], []],
  ["of one type", [condition, condition], ['status.conditions[1].type: Duplicate value: "Ready"']],
  [
    "that say what cannot be",
    [{ ...condition, status: "Maybe", observedGeneration: -1, reason: "1" }],
    [
      'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
      "status.conditions[0].observedGeneration: Invalid value: -1: must be greater than or equal to zero",
      "status.conditions[0].reason: Invalid value: \"1\": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
    ],
  ],
  [
    "that say too much, and when and why not at all",
    [{ ...condition, lastTransitionTime: "", reason: "", message: "x".repeat(32 * 1024 + 1) }],
    [
      "status.conditions[0].lastTransitionTime: Required value",
      "status.conditions[0].reason: Required value",
      "status.conditions[0].message: Too long: may not be more than 32768 bytes",
    ],
  ],
])("conditions %s", (_, conditions, errors) => {
  expect(lines(validateConditions(conditions, "status.conditions"))).toEqual(errors);
});
