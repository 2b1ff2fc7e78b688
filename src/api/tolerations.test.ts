import { expect, test } from "bun:test";
import { mergeTolerations, type Toleration } from "./tolerations.ts";

const every: Toleration = { operator: "Exists" };
const gpu: Toleration = { key: "gpu", operator: "Exists", effect: "NoSchedule" };
const gpuOne: Toleration = { key: "gpu", operator: "Equal", value: "1", effect: "NoSchedule" };
const soon: Toleration = {
  key: "a",
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 5,
};
const later: Toleration = { ...soon, tolerationSeconds: 50 };

test.each<[string, { lists: [Toleration[], Toleration[]]; merged: Toleration[] }]>([
  ["others stay", { lists: [[gpu], [soon]], merged: [gpu, soon] }],
  ["the same is said once", { lists: [[gpu], [gpu]], merged: [gpu] }],
  ["the wider covers the narrower", { lists: [[gpuOne], [gpu]], merged: [gpu] }],
  ["in either order", { lists: [[gpu], [gpuOne]], merged: [gpu] }],
  ["everything covers all", { lists: [[gpu, soon], [every]], merged: [every] }],
  ["the longer covers the shorter", { lists: [[soon], [later]], merged: [later] }],
])("of two lists of tolerations, %s", (_, { lists: [first, second], merged }) => {
  expect(mergeTolerations(first, second)).toEqual(merged);
});
