import { describe, expect, test } from "bun:test";
import type { Node, Pod, PodCondition, PodStatus } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import { CloudSide, EDGE, NODE, podOfNode } from "#test/kit/cloud-side.ts";
import { golden } from "#test/kit/edge-side.ts";
import { rejection } from "#test/kit/eventually.ts";

describe("upstream: pods", () => {
  const key = { namespace: "default", name: "web" };
  const resource = "default/podstatus/web";
  const ready = (status: string, lastTransitionTime: string): PodCondition => ({
    type: "Ready",
    status,
    lastTransitionTime,
  });
  const report = (made: Pod, Status: PodStatus): object => ({
    UID: made.metadata?.uid ?? "",
    Name: "web",
    Status,
  });
  const running: PodStatus = {
    phase: "Running",
    startTime: "2030-01-01T00:00:00Z",
    conditions: [ready("True", "2030-01-01T00:00:00Z")],
    containerStatuses: [
      {
        name: "c",
        image: "busybox",
        imageID: "",
        ready: true,
        restartCount: 0,
        state: { running: {} },
      },
    ],
  };

  test("podstatus is written; the same again, with newer times, writes nothing", async () => {
    await using site = await CloudSide.start();
    const made = await site.client.create(PODS, podOfNode("web"));
    expect((await site.ask("update", resource, report(made, running))).content).toBe("OK");
    const written = await site.client.get(PODS, key);
    expect(written.status).toMatchObject(running);
    const later = "2031-01-01T00:00:00Z";
    const again = { ...running, startTime: later, conditions: [ready("True", later)] };
    await site.ask("update", "default/podstatus", [report(made, again)]);
    expect(await site.client.get(PODS, key)).toBe(written);
  });

  test("podstatus of another UID leaves the namesake alone", async () => {
    await using site = await CloudSide.start();
    const made = await site.client.create(PODS, podOfNode("web"));
    await site.ask("update", resource, { UID: "another", Name: "web", Status: running });
    expect(await site.client.get(PODS, key)).toBe(made);
  });

  test("podstatus of a pod that is not there is answered down with its delete", async () => {
    await using site = await CloudSide.start();
    await site.lists();
    await site.ask("update", resource, { UID: "gone", Name: "web", Status: running });
    expect(golden(await site.next())).toMatchObject({
      operation: "delete",
      resource: "default/pod/web",
      content: { metadata: { uid: "gone" } },
    });
  });

  test("podstatus ends a pod that is being deleted once it has ended, also if it never ran (kubeedge#1406)", async () => {
    await using site = await CloudSide.start();
    const made = await site.client.create(PODS, podOfNode("web"));
    const isThere = async () => (await site.client.get(PODS, key)).metadata?.deletionTimestamp;
    await site.client.delete(PODS, key, { gracePeriodSeconds: 30 });
    // On its way when the delete came: a container is about to start.
    await site.ask("update", resource, report(made, { phase: "Pending", containerStatuses: [] }));
    expect(await isThere()).toBeString();
    await site.ask("update", resource, report(made, running));
    expect(await isThere()).toBeString();
    await site.ask("update", resource, report(made, { phase: "Failed", containerStatuses: [] }));
    expect(await rejection(site.client.get(PODS, key))).toMatchObject({ reason: "NotFound" });
  });

  test("a pod's delete removes it by UID, and not its namesake", async () => {
    await using site = await CloudSide.start();
    const made = await site.client.create(PODS, podOfNode("web"));
    expect((await site.ask("delete", "default/pod/web", "another")).content).toBe("OK");
    expect(await site.client.get(PODS, key)).toBe(made);
    expect((await site.ask("delete", "default/pod/web", made.metadata?.uid)).content).toBe("OK");
    expect(await rejection(site.client.get(PODS, key))).toMatchObject({ reason: "NotFound" });
    expect((await site.ask("delete", "default/pod/web", made.metadata?.uid)).content).toBe("OK");
  });

  test("when a node is ready again, what it said last of its pods holds again", async () => {
    const nodeWith = (status: string): Node => ({
      metadata: { name: NODE, labels: EDGE },
      status: { conditions: [{ type: "Ready", status }] },
    });
    await using site = await CloudSide.start();
    await site.ask("insert", "default/nodestatus/edge", nodeWith("False"));
    const made = await site.client.create(PODS, podOfNode("web"));
    await site.ask("update", resource, report(made, running));
    const current = await site.client.get(PODS, key);
    const conditions = [ready("False", "2030-01-02T00:00:00Z")];
    await site.client.updateStatus(PODS, { ...current, status: { ...current.status, conditions } });
    await site.ask("update", "default/nodestatus/edge", nodeWith("True"));
    // Behind the repetition in the same queue: an answer means that it has been written.
    while ((await site.client.get(PODS, key)).status?.conditions?.[0]?.status !== "True") {
      await site.ask("query", "default/node/edge");
    }
  });
});

test("what a ready node said of its pods' readiness holds, whoever writes after it", async () => {
  const key = { namespace: "default", name: "web" };
  await using site = await CloudSide.start();
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  await site.ask("insert", "default/nodestatus/edge", {
    metadata: { name: NODE, labels: EDGE },
    status,
  });
  const made = await site.client.create(PODS, podOfNode("web"));
  const own = { UID: made.metadata?.uid, Name: "web", Status: { phase: "Running", ...status } };
  await site.ask("update", "default/podstatus/web", own);
  const current = await site.client.get(PODS, key);
  const conditions = [{ type: "Ready", status: "False" }];
  await site.client.updateStatus(PODS, { ...current, status: { ...current.status, conditions } });
  while ((await site.client.get(PODS, key)).status?.conditions?.[0]?.status !== "True") {
    await site.ask("query", "default/node/edge");
  }
});
