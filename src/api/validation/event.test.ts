import { expect, test } from "bun:test";
import { created } from "#test/kit/validate.ts";
import { EVENTS } from "../resources/core-events.ts";

const metadata = { name: "x", namespace: "n" };

test("Event", () => {
  const involvedObject = { kind: "Pod", name: "p", namespace: "other" };
  expect(created(EVENTS, { metadata, involvedObject })).toEqual([
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ]);
  const node = {
    metadata: { ...metadata, namespace: "default" },
    involvedObject: { kind: "Node", name: "n" },
  };
  expect(created(EVENTS, node)).toEqual([]);
  expect(created(EVENTS, { ...node, eventTime: "2024-01-01T00:00:00.000000Z" })).toEqual([
    "reportingController: Required value",
    'reportingController: Invalid value: "": name part must be non-empty',
    `reportingController: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    "reportingInstance: Required value",
    "action: Required value",
    "reason: Required value",
  ]);
});
