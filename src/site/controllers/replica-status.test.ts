import { expect, test } from "bun:test";
import type { ReplicaSet } from "#api/object.ts";
import { replicaStatus } from "./replica-status.ts";

const refused = (pod: string) => new Error(`pods "${pod}" is forbidden: exceeded quota`);

function statusAfter(status: ReplicaSet["status"], failure?: Error) {
  const owner: ReplicaSet = { spec: { replicas: 1, selector: {} }, ...(status && { status }) };
  return replicaStatus({ owner, pods: [], failure, now: new Date(0) });
}

test("a ReplicaSet whose pods are refused says so until it has passed, whichever pod it was", () => {
  const first = statusAfter(undefined, refused("web-a"));
  expect(first.conditions).toEqual([
    {
      type: "ReplicaFailure",
      status: "True",
      reason: "FailedCreate",
      message: 'pods "web-a" is forbidden: exceeded quota',
      lastTransitionTime: "1970-01-01T00:00:00Z",
    },
  ]);
  expect(statusAfter(first, refused("web-b"))).toEqual(first);
  expect(statusAfter(first)).toEqual({ replicas: 0 });
});
