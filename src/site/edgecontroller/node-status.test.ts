import { describe, expect, test } from "bun:test";
import type { Node } from "#api/object.ts";
import { NODES } from "#api/resources.ts";
import { must } from "#lib/errors.ts";
import { CloudSide, EDGE, NODE } from "#test/kit/cloud-side.ts";
import { golden } from "#test/kit/edge-side.ts";

describe("upstream: nodes", () => {
  const node: Node = {
    metadata: { name: NODE, labels: EDGE },
    status: {
      capacity: { cpu: "2" },
      conditions: [{ type: "Ready", status: "True", reason: "EdgeReady" }],
    },
  };
  const key = { namespace: "", name: NODE };

  test("nodestatus insert creates the node, with its status, and answers OK; again too", async () => {
    await using site = await CloudSide.start();
    for (let times = 0; times < 2; times += 1) {
      const answer = await site.ask("insert", "default/nodestatus/edge", node);
      expect(golden(answer)).toEqual({
        operation: "response",
        resource: "default/nodestatus/edge",
        content: "OK",
      });
    }
    const created = await site.client.get(NODES, key);
    expect(created.metadata?.labels).toMatchObject(EDGE);
    expect(created.status?.capacity).toEqual({ cpu: "2" });
  });

  test("nodestatus update keeps others' conditions, volumes and times; the same again writes nothing", async () => {
    await using site = await CloudSide.start((client) => client.create(NODES, node));
    const made = await site.client.get(NODES, key);
    const then = "2020-01-01T00:00:00Z";
    await site.client.updateStatus(NODES, {
      ...made,
      status: {
        volumesAttached: [{ name: "v", devicePath: "/dev/v" }],
        conditions: [
          { type: "NetworkUnavailable", status: "False" },
          { type: "Ready", status: "True", lastTransitionTime: then },
        ],
      },
    });
    const report = {
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2030-01-01T00:00:00Z" }],
    };
    expect(
      (await site.ask("update", "default/nodestatus/edge", { UID: "", Status: report })).content,
    ).toBe("OK");
    const updated = await site.client.get(NODES, key);
    expect(updated.status?.volumesAttached).toEqual([{ name: "v", devicePath: "/dev/v" }]);
    expect(updated.status?.conditions).toEqual([
      { type: "NetworkUnavailable", status: "False" },
      { type: "Ready", status: "True", lastTransitionTime: then },
    ]);
    await site.ask("update", "default/nodestatus/edge", { ...node, status: report });
    expect(await site.client.get(NODES, key)).toBe(updated);
  });

  test("a node that somebody deleted is back with its next status", async () => {
    await using site = await CloudSide.start();
    expect((await site.ask("update", "default/nodestatus/edge", node)).content).toBe("OK");
    expect((await site.client.get(NODES, key)).metadata?.labels).toMatchObject(EDGE);
  });

  test("updateNode merges labels and annotations", async () => {
    await using site = await CloudSide.start((client) => client.create(NODES, node));
    const metadata = { name: NODE, labels: { zone: "a" }, annotations: { note: "b" } };
    expect((await site.ask("update", "default/node/edge", { metadata })).content).toBe("OK");
    const { labels, annotations } = must((await site.client.get(NODES, key)).metadata, "metadata");
    expect(labels).toMatchObject({ ...EDGE, zone: "a" });
    expect(annotations).toMatchObject({ note: "b" });
  });
});
