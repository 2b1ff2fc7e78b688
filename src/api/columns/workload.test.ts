import { expect, test } from "bun:test";
import { cells } from "#test/kit/cells.ts";
import { DEPLOYMENTS, REPLICA_SETS } from "../resources/apps.ts";
import { JOBS } from "../resources/batch.ts";

const metadata = { name: "x", creationTimestamp: "2024-01-01T00:55:00Z" };

test("workloads", () => {
  const template = {
    spec: {
      containers: [
        { name: "a", image: "i:1" },
        { name: "b", image: "j" },
      ],
    },
  };
  const selector = { matchLabels: { app: "x" } };
  const wide = ["a,b", "i:1,j", "app=x"];
  const status = { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 };
  const deployment = { metadata, spec: { replicas: 3, selector, template }, status };
  expect(cells(DEPLOYMENTS, deployment)).toEqual(["x", "2/3", 1, 2, "5m", ...wide]);
  const replicaSet = { metadata, spec: { replicas: 3, selector, template }, status };
  expect(cells(REPLICA_SETS, replicaSet)).toEqual(["x", 3, 3, 2, "5m", ...wide]);
  const job = {
    metadata,
    spec: { completions: 2, selector, template },
    status: {
      succeeded: 2,
      startTime: "2024-01-01T00:55:00Z",
      completionTime: "2024-01-01T00:55:42Z",
      conditions: [{ type: "Complete", status: "True" }],
    },
  };
  expect(cells(JOBS, job)).toEqual(["x", "Complete", "2/2", "42s", "5m", ...wide]);
  const parallel = { metadata, spec: { parallelism: 3, template }, status: {} };
  expect(cells(JOBS, parallel)?.slice(1, 4)).toEqual(["Running", "0/1 of 3", ""]);
});
