import { expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import type { Event } from "../object.ts";
import { EVENTS } from "../resources/core-events.ts";
import { REGARDING_EVENTS } from "../resources/events.ts";

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
    "reportingComponent: Required value",
    'reportingComponent: Invalid value: "": name part must be non-empty',
    `reportingComponent: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    "reportingInstance: Required value",
    "action: Required value",
    "reason: Required value",
  ]);
});

/** What events of events.k8s.io are held against. */
const STRICT = REGARDING_EVENTS.storedAs?.resource ?? EVENTS;
const strictly = (event: Event) => created(STRICT, event);
const told: Event = {
  metadata,
  involvedObject: { kind: "Pod", name: "p", namespace: "n" },
  eventTime: "2024-01-01T00:00:00.000000Z",
  reportingComponent: "c",
  reportingInstance: "i",
  action: "Act",
  reason: "Because",
  type: "Normal",
};

test("an Event of the new style may be about an object of another namespace, but not of none", () => {
  const elsewhere = { ...told, involvedObject: { ...told.involvedObject, namespace: "other" } };
  expect(strictly(elsewhere)).toEqual([]);
  expect(created(EVENTS, elsewhere)).toEqual([]);
  expect(strictly({ ...told, involvedObject: { kind: "Node", name: "n" } })).toEqual([
    'involvedObject.namespace: Invalid value: "": does not match event.namespace',
  ]);
});

test("an Event of events.k8s.io says who reports in that group's words, and stays as it is", () => {
  expect(strictly({ ...told, reportingComponent: "" })[0]).toBe(
    "reportingController: Required value",
  );
  const next = {
    ...told,
    involvedObject: { kind: "Pod", name: "q", namespace: "n" },
    source: { component: "x" },
  };
  expect(changed(STRICT, told, next)).toEqual([
    'involvedObject: Invalid value: {"Kind":"Pod","Namespace":"n","Name":"q","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
    'source: Invalid value: {"Component":"x","Host":""}: field is immutable',
  ]);
  const reason = 'reason: Invalid value: "Why": field is immutable';
  const other: Event = { ...told, reason: "Why", count: 2 };
  expect(changed(STRICT, told, other)).toEqual([
    reason,
    "count: Invalid value: 2: field is immutable",
    reason,
  ]);
});
