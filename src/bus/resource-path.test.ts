import { expect, test } from "bun:test";
import { formatResource, parseResource, splitNode, toNode } from "./resource-path.ts";

test.each([
  ["default/pod/web", { namespace: "default", type: "pod", name: "web" }],
  ["default/pod", { namespace: "default", type: "pod" }],
  ["node/connection", { namespace: "node", type: "connection" }],
  [
    "device/lamp/twin/cloud_updated",
    { namespace: "device", type: "lamp", name: "twin/cloud_updated" },
  ],
])("%s is read and written", (resource, path) => {
  expect(parseResource(resource)).toEqual(path);
  expect(formatResource(path)).toBe(resource);
});

test.each(["", "default", "/pod/web", "default//web", "default/pod/"])(
  "%j is refused",
  (resource) => {
    expect(() => parseResource(resource)).toThrow("namespace/type[/name]");
  },
);

test.each([
  { namespace: "", type: "pod", name: "web" },
  { namespace: "default", type: "", name: "web" },
  { namespace: "a/b", type: "pod", name: "web" },
  { namespace: "default", type: "pod", name: "" },
])("%j is not written", (path) => {
  expect(() => formatResource(path)).toThrow("namespace/type[/name]");
});

test("a node's prefix is put on and taken off, KubeEdge's older one too", () => {
  expect(toNode("edge-1", "default/pod/web")).toBe("node/edge-1/default/pod/web");
  expect(splitNode("node/edge-1/default/pod/web")).toEqual({
    node: "edge-1",
    resource: "default/pod/web",
  });
  expect(splitNode("cluster/c/node/edge-1/default/pod")).toEqual({
    node: "edge-1",
    resource: "default/pod",
  });
  expect(() => splitNode("default/pod/web")).toThrow();
  expect(() => splitNode("node/edge-1")).toThrow();
  expect(() => toNode("", "default/pod/web")).toThrow();
});
