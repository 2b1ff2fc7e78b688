import { describe, expect, test } from "bun:test";
import { newMessage, responseTo } from "#bus/message.ts";
import { EdgeSide, golden } from "#test/kit/edge-side.ts";
import { rejection } from "#test/kit/eventually.ts";
import { createMetaClient } from "./create-meta-client.ts";
import type { MetaClient } from "./meta-client.ts";

const site = "edgecontroller";
const key = { namespace: "default", name: "web" };
const clientOf = ({ bus }: EdgeSide): MetaClient => createMetaClient({ bus, source: "edged" });

describe("reads", () => {
  test("give the objects of the meta store", async () => {
    await using edge = new EdgeSide();
    const pod = { metadata: { name: "web", uid: "1" } };
    edge.store.put({ key: "default/pod/web", type: "pod", value: JSON.stringify(pod) });
    edge.store.put({ key: "default/service/web", type: "service", value: JSON.stringify(pod) });
    const client = clientOf(edge);
    expect(await client.listPods(edge.signal)).toEqual([pod]);
    expect(await client.listServices(edge.signal)).toEqual([pod]);
    expect(await client.listEndpointSlices(edge.signal)).toEqual([]);
  });

  test("give the site's object where the meta store has none", async () => {
    await using edge = new EdgeSide();
    const reading = clientOf(edge).getSecret(key, edge.signal);
    const secret = { metadata: { name: "web" }, data: { token: "eA==" } };
    edge.bus.sendResponse(responseTo(await edge.next(site), secret));
    expect(await reading).toEqual(secret);
  });

  test("give nothing when neither has it, and fail when the site failed", async () => {
    await using edge = new EdgeSide();
    const answers = [
      { kind: "Status", status: "Failure", reason: "NotFound", code: 404, metadata: {} },
      { kind: "Status", status: "Failure", message: "no commit", code: 500, metadata: {} },
    ];
    const results: unknown[] = [];
    for (const content of answers) {
      const reading = clientOf(edge)
        .getConfigMap(key, edge.signal)
        .catch((error: unknown) => error);
      const { msg_id } = (await edge.next(site)).header;
      edge.bus.sendResponse(newMessage({ operation: "error", content, parentId: msg_id }));
      results.push(await reading);
    }
    expect(results[0]).toBeUndefined();
    expect(results[1]).toMatchObject({
      message: "Cannot read default/configmap/web",
      cause: { message: "no commit" },
    });
  });
});

describe("createNode()", () => {
  const node = { metadata: { name: "edge" } };

  test("is done when the site says OK", async () => {
    await using edge = new EdgeSide();
    const registering = clientOf(edge).createNode(node, edge.signal);
    const request = await edge.next(site);
    expect(golden(request)).toEqual({
      operation: "insert",
      resource: "default/nodestatus/edge",
      content: node,
    });
    edge.bus.sendResponse(responseTo(request, "OK"));
    await registering;
  });

  test("fails for every other answer (KubeEdge took any for success)", async () => {
    await using edge = new EdgeSide();
    const registering = rejection(clientOf(edge).createNode(node, edge.signal));
    edge.bus.sendResponse(responseTo(await edge.next(site), "not today"));
    expect(await registering).toMatchObject({
      message: "Cannot register node edge",
      cause: { message: "not today" },
    });
  });
});

test("what edged reports arrives in KubeEdge's words", async () => {
  await using edge = new EdgeSide();
  const client = clientOf(edge);
  const status = { UID: "u", Name: "web", Status: { phase: "Running" } };
  const event = { metadata: { namespace: "default", name: "web.1" }, involvedObject: {} };
  const lease = { metadata: { namespace: "kube-node-lease", name: "edge" } };
  const node = { metadata: { name: "edge" }, status: {} };
  await client.updatePodStatus("default", status, edge.signal);
  await client.updateNodeStatus(node, edge.signal);
  await client.deletePod({ ...key, uid: "u" }, edge.signal);
  await client.createEvent(event, edge.signal);
  await client.renewLease(lease, edge.signal);
  const got: unknown[] = [];
  for (let count = 0; count < 5; count += 1) got.push(golden(await edge.next(site)));
  expect(got).toEqual([
    { operation: "update", resource: "default/podstatus/web", content: status },
    { operation: "update", resource: "default/nodestatus/edge", content: node },
    { operation: "delete", resource: "default/pod/web", content: "u" },
    { operation: "insert", resource: "default/event/web.1", content: event },
    { operation: "update", resource: "kube-node-lease/lease/edge", content: lease },
  ]);
});
