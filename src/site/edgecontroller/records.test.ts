import { describe, expect, test } from "bun:test";
import { CONFIG_MAPS, EVENTS, LEASES, NODES, SECRETS, SERVICES } from "#api/resources.ts";
import { CloudSide, NODE } from "#test/kit/cloud-side.ts";
import { golden } from "#test/kit/edge-side.ts";

describe("upstream: queries", () => {
  test.each([
    ["configmap", "default/configmap/settings"],
    ["secret", "default/secret/pull"],
    ["service", "default/service/web"],
    ["node", "default/node/edge"],
  ])("of a %s are answered with the object", async (_type, resource) => {
    await using site = await CloudSide.start(async (client) => {
      await client.create(CONFIG_MAPS, {
        metadata: { namespace: "default", name: "settings" },
      });
      await client.create(SECRETS, { metadata: { namespace: "default", name: "pull" } });
      await client.create(SERVICES, {
        metadata: { namespace: "default", name: "web" },
        spec: { ports: [{ port: 80 }] },
      });
      await client.create(NODES, { metadata: { name: "edge" } });
    });
    const answer = await site.ask("query", resource);
    expect(golden(answer)).toMatchObject({
      operation: "response",
      resource,
      content: { metadata: { name: resource.split("/")[2] } },
    });
  });

  test.each([
    ["configmap", 'configmaps "x" not found'],
    ["endpoints", 'endpoints "x" not found'],
    ["persistentvolume", 'persistentvolumes "x" not found'],
    ["persistentvolumeclaim", 'persistentvolumeclaims "x" not found'],
    ["volumeattachment", 'volumeattachments.storage.k8s.io "x" not found'],
  ])("of a %s that is not there are answered with its Status", async (type, message) => {
    await using site = await CloudSide.start();
    const answer = await site.ask("query", `default/${type}/x`);
    expect(golden(answer)).toMatchObject({
      operation: "error",
      content: { kind: "Status", reason: "NotFound", code: 404, message },
    });
  });
});

describe("upstream: records", () => {
  test("an event is created, and the same one again is counted up", async () => {
    await using site = await CloudSide.start();
    const key = { namespace: "default", name: "web.1" };
    const event = {
      metadata: key,
      involvedObject: { kind: "Pod", namespace: "default", name: "web" },
      type: "Warning",
      reason: "BackOff",
    };
    expect((await site.ask("insert", "default/event/web.1", { ...event, count: 1 })).content).toBe(
      "OK",
    );
    expect((await site.ask("insert", "default/event/web.1", { ...event, count: 2 })).content).toBe(
      "OK",
    );
    expect(await site.client.get(EVENTS, key)).toMatchObject({ reason: "BackOff", count: 2 });
  });

  test("an event of a namespace that is gone is dropped", async () => {
    await using site = await CloudSide.start();
    const event = {
      metadata: { namespace: "gone", name: "e" },
      involvedObject: { namespace: "gone" },
    };
    expect((await site.ask("insert", "gone/event/e", event)).content).toBe("OK");
  });

  test("a lease is made once and renewed from then on", async () => {
    await using site = await CloudSide.start();
    const key = { namespace: "kube-node-lease", name: NODE };
    const resource = "kube-node-lease/lease/edge";
    for (const second of ["01", "02"]) {
      const renewTime = `2030-01-01T00:00:${second}.000000Z`;
      const lease = { metadata: key, spec: { holderIdentity: NODE, renewTime } };
      expect((await site.ask("update", resource, lease)).content).toBe("OK");
      expect((await site.client.get(LEASES, key)).spec?.renewTime).toBe(renewTime);
    }
  });
});
