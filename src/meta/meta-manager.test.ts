import { describe, expect, test } from "bun:test";
import { newMessage, responseTo } from "#bus/message.ts";
import { EdgeSide, golden } from "#test/kit/edge-side.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import { REMOTE_SITE } from "./meta-manager.ts";

const site = "edgecontroller";
const pod = (uid: string, resourceVersion: string): object => ({
  metadata: { namespace: "default", name: "web", uid, resourceVersion },
});
const web = { source: site, resource: "default/pod/web" };

describe("insert and update by the site", () => {
  test.each([
    ["pod", "edged"],
    ["configmap", "edged"],
    ["secret", "edged"],
    ["node", "edged"],
    ["runtimeclass", "edged"],
    ["service", "edgemesh"],
    ["endpoints", "edgemesh"],
    ["endpointslice", "edgemesh"],
  ])("of a %s are kept, passed on to %s, and acknowledged", async (type, module) => {
    for (const operation of ["insert", "update"]) {
      await using edge = new EdgeSide();
      const resource = `default/${type}/web`;
      const content = { metadata: { name: "web" } };
      const sent = await edge.tell({ source: site, operation, resource, content });
      expect(await edge.next(module)).toBe(sent);
      expect(edge.store.get(resource)).toEqual({
        key: resource,
        type,
        value: JSON.stringify(content),
      });
      const acknowledged = await edge.next(site);
      expect(golden(acknowledged)).toEqual({ operation: "response", resource, content: "OK" });
      expect(acknowledged.header.parent_msg_id).toBe(sent.header.msg_id);
    }
  });

  test("answer a sender that waits", async () => {
    await using edge = new EdgeSide();
    const answer = await edge.ask({ ...web, operation: "insert", content: pod("1", "1") });
    expect(answer.content).toBe("OK");
    expect((await edge.next("edged")).header.sync).toBeUndefined();
  });

  test("write nothing when nothing changed, and still pass it on", async () => {
    await using edge = new EdgeSide();
    for (const operation of ["insert", "update"]) {
      await edge.tell({ ...web, operation, content: pod("1", "5") });
      await edge.next("edged");
    }
    expect(edge.store.writes).toBe(1);
  });

  test("of an older version are dropped; versions compare as numbers (kubeedge#2119)", async () => {
    await using edge = new EdgeSide();
    const versions = ["321", "1234", "999"];
    for (const version of versions) {
      await edge.ask({ ...web, operation: "update", content: pod("1", version) });
    }
    expect(edge.store.get(web.resource)?.value).toContain('"1234"');
  });

  test("of a namesake with another UID tell that the one before is gone", async () => {
    await using edge = new EdgeSide();
    await edge.tell({ ...web, operation: "insert", content: pod("first", "9") });
    await edge.next("edged");
    await edge.tell({ ...web, operation: "insert", content: pod("second", "3") });
    expect(golden(await edge.next("edged"))).toMatchObject({
      operation: "delete",
      content: pod("first", "9"),
    });
    expect(golden(await edge.next("edged"))).toMatchObject({
      operation: "insert",
      content: pod("second", "3"),
    });
    expect(edge.store.get(web.resource)?.value).toContain("second");
  });

  test("of a list keep and pass on each of its objects", async () => {
    await using edge = new EdgeSide();
    const items = ["a", "b"].map((name) => ({ metadata: { namespace: "default", name } }));
    const resource = "default/servicelist/service";
    await edge.tell({ source: site, operation: "insert", resource, content: { items } });
    for (const [index, name] of ["a", "b"].entries()) {
      const expected = {
        operation: "insert",
        resource: `default/service/${name}`,
        content: items[index],
      };
      expect(golden(await edge.next("edgemesh"))).toEqual(expected);
    }
    expect(edge.store.keys).toEqual(["default/service/a", "default/service/b"]);
  });
});

describe("delete", () => {
  test("by the site drops the row and is passed on", async () => {
    await using edge = new EdgeSide();
    await edge.ask({ ...web, operation: "insert", content: pod("1", "1") });
    await edge.next("edged");
    const sent = await edge.tell({ ...web, operation: "delete", content: pod("1", "2") });
    expect(await edge.next("edged")).toBe(sent);
    expect(edge.store.keys).toEqual([]);
  });

  test("of another UID leaves the namesake alone (kubeedge#3619)", async () => {
    await using edge = new EdgeSide();
    await edge.ask({ ...web, operation: "insert", content: pod("second", "1") });
    await edge.next("edged");
    const answer = await edge.ask({ ...web, operation: "delete", content: pod("first", "2") });
    expect(answer.content).toBe("OK");
    expect(edge.store.keys).toEqual([web.resource]);
    expect(edge.waitingFor("edged")).toBe(0);
  });

  test("of a pod by edged goes up, and the row stays until the site agrees", async () => {
    await using edge = new EdgeSide();
    await edge.ask({ ...web, operation: "insert", content: pod("1", "1") });
    const sent = await edge.tell({ ...web, source: "edged", operation: "delete", content: "1" });
    expect(await edge.next(site)).toBe(sent);
    expect(edge.store.keys).toEqual([web.resource]);
  });
});

describe("query", () => {
  const query = { source: "edged", operation: "query", resource: "default/configmap/web" };

  test("answers from the meta store with an array of JSON texts", async () => {
    await using edge = new EdgeSide();
    edge.store.put({ key: query.resource, type: "configmap", value: '{"a":1}' });
    expect((await edge.ask(query)).content).toEqual(['{"a":1}']);
    expect(edge.waitingFor(site)).toBe(0);
  });

  test("without a name answers all rows of the type, from the meta store alone", async () => {
    await using edge = new EdgeSide();
    edge.store.put({ key: "a/pod/x", type: "pod", value: "{}" });
    edge.store.put({ key: "b/pod/y", type: "pod", value: "{}" });
    expect((await edge.ask({ ...query, resource: "default/pod" })).content).toEqual(["{}", "{}"]);
    expect((await edge.ask({ ...query, resource: "default/secret" })).content).toEqual([]);
  });

  test("asks the site for what is missing, without any connection message", async () => {
    await using edge = new EdgeSide();
    const asking = edge.ask(query);
    const request = await edge.next(site);
    expect(golden(request)).toEqual({
      operation: "query",
      resource: query.resource,
      content: null,
    });
    expect(request.header.sync).toBe(true);
    const object = { metadata: { name: "web" }, data: { a: "1" } };
    edge.bus.sendResponse(responseTo(request, object));
    const answer = await asking;
    expect(golden(answer)).toEqual({
      operation: "response",
      resource: query.resource,
      content: object,
    });
    // The site goes on sending only what pods refer to: a copy of this would grow old.
    expect(edge.store.keys).toEqual([]);
  });

  test("never keeps an error as an object", async () => {
    await using edge = new EdgeSide();
    const asking = edge.ask(query);
    const request = await edge.next(site);
    const status = { kind: "Status", reason: "NotFound", message: 'configmaps "web" not found' };
    edge.bus.sendResponse(
      newMessage({ operation: "error", content: status, parentId: request.header.msg_id }),
    );
    expect(golden(await asking)).toMatchObject({ operation: "error", content: status });
    expect(edge.store.keys).toEqual([]);
  });

  test("asks the site first for a node, and does not keep its heartbeats", async () => {
    await using edge = new EdgeSide();
    edge.store.put({ key: "default/node/edge", type: "node", value: '{"old":true}' });
    const asking = edge.ask({ ...query, resource: "default/node/edge" });
    const request = await edge.next(site);
    edge.bus.sendResponse(responseTo(request, { metadata: { name: "edge" } }));
    expect((await asking).content).toEqual({ metadata: { name: "edge" } });
    expect(edge.store.get("default/node/edge")?.value).toBe('{"old":true}');
  });

  test("goes on being answered while another waits for the site", async () => {
    await using edge = new EdgeSide();
    const slow = edge.ask(query);
    const request = await edge.next(site);
    expect((await edge.ask({ ...query, resource: "default/pod" })).content).toEqual([]);
    edge.bus.sendResponse(responseTo(request, { metadata: {} }));
    await slow;
  });

  test("of a joined node that is cut off answers what it has, and an error for what it has not", async () => {
    await using edge = new EdgeSide({ site: REMOTE_SITE });
    edge.store.put({ key: "default/node/edge", type: "node", value: "{}" });
    expect((await edge.ask({ ...query, resource: "default/node/edge" })).content).toEqual(["{}"]);
    expect(golden(await edge.ask(query))).toMatchObject({
      operation: "error",
      content: "The site cannot be reached",
    });
    await edge.tell({
      source: "edgehub",
      operation: "publish",
      resource: "node/connection",
      content: "cloud_connected",
    });
    const asking = edge.ask(query);
    edge.bus.sendResponse(responseTo(await edge.next("websocket"), { metadata: {} }));
    expect((await asking).route.operation).toBe("response");
    // Kept for when it is cut off again.
    expect((await edge.ask(query)).content).toEqual(['{"metadata":{}}']);
  });
});

describe("the token of a pod", () => {
  const clock = new ManualClock();
  const request = (uid: string, audience = "") => ({
    source: "edged",
    operation: "query",
    resource: "default/serviceaccounttoken/robot",
    content: {
      spec: {
        audiences: [audience],
        expirationSeconds: 3600,
        boundObjectRef: { kind: "Pod", name: "web", uid },
      },
    },
  });
  const answerTo = ({ content }: ReturnType<typeof request>, token: string) => ({
    metadata: { name: "robot" },
    spec: content.spec,
    status: {
      token,
      expirationTimestamp: new Date(clock.now().getTime() + 3_600_000).toISOString(),
    },
  });
  const link = (content: string) => ({
    ...{ source: "edgehub", operation: "publish", resource: "node/connection", content },
  });
  const obtain = async (edge: EdgeSide, asked: ReturnType<typeof request>, token: string) => {
    const asking = edge.ask(asked);
    let at = await edge.next("websocket");
    while (at.route.operation !== "query") at = await edge.next("websocket");
    edge.bus.sendResponse(responseTo(at, answerTo(asked, token)));
    await asking;
  };
  const kept = async (edge: EdgeSide, asked: ReturnType<typeof request>): Promise<unknown> => {
    const { route, content } = await edge.ask(asked);
    if (route.operation === "error" || !Array.isArray(content)) return content;
    const { spec, status } = JSON.parse(String(content[0]));
    return [status.token, spec.expirationSeconds];
  };
  const none = "The site cannot be reached";

  test("is there for a joined node that is cut off, after a restart too, until it ends or its pod", async () => {
    await using edge = new EdgeSide({ site: REMOTE_SITE, clock });
    await edge.tell(link("cloud_connected"));
    await edge.tell({ ...web, operation: "insert", content: pod("1", "1") });
    await obtain(edge, request("1"), "first");
    await obtain(edge, request("1", "vault"), "for the vault");
    await obtain(edge, request("2"), "of another pod");
    clock.advance(600_000);
    await using again = new EdgeSide({ site: REMOTE_SITE, clock, store: edge.store });
    expect(await kept(again, request("1"))).toEqual(["first", 3000]);
    expect(await kept(again, request("1", "vault"))).toEqual(["for the vault", 3000]);
    expect(await kept(again, request("1", "bank"))).toBe(none);
    await again.tell({ ...web, operation: "delete", content: pod("1", "1") });
    expect(await kept(again, request("1"))).toBe(none);
    expect(await kept(again, request("2"))).toEqual(["of another pod", 3000]);
    clock.advance(3_000_000);
    expect(await kept(again, request("2"))).toBe(none);
    await again.tell(link("cloud_connected"));
    await obtain(again, request("3"), "new");
    expect(edge.store.list("serviceaccounttoken")).toHaveLength(1);
  });

  test("is nowhere but in memory where the site is always there", async () => {
    await using edge = new EdgeSide();
    const asking = edge.ask(request("1"));
    edge.bus.sendResponse(responseTo(await edge.next(site), answerTo(request("1"), "first")));
    await asking;
    expect(edge.store.keys).toEqual([]);
  });
});

describe("reports of the edge", () => {
  test.each([
    ["update", "default/podstatus/web"],
    ["update", "default/nodestatus/edge"],
    ["update", "default/node/edge"],
    ["update", "kube-node-lease/lease/edge"],
    ["insert", "default/event/web.1"],
  ])("%s %s go up as they are and are not kept", async (operation, resource) => {
    await using edge = new EdgeSide();
    const sent = await edge.tell({ source: "edged", operation, resource, content: { a: 1 } });
    expect(await edge.next(site)).toBe(sent);
    expect(edge.store.keys).toEqual([]);
  });

  test("whose sender waits are answered by the site", async () => {
    await using edge = new EdgeSide();
    const asking = edge.ask({
      source: "edged",
      operation: "insert",
      resource: "default/nodestatus/edge",
      content: { metadata: { name: "edge" } },
    });
    edge.bus.sendResponse(responseTo(await edge.next(site), "OK"));
    expect((await asking).content).toBe("OK");
  });

  test("wait per object while a joined node is cut off, newest state first, Events bounded", async () => {
    await using edge = new EdgeSide({ site: REMOTE_SITE });
    const status = { source: "edged", operation: "update", resource: "default/podstatus/web" };
    for (const phase of ["Pending", "Running"])
      await edge.tell({ ...status, content: { UID: "1", phase } });
    for (let index = 0; index < 1_500; index += 1) {
      await edge.tell({
        source: "edged",
        operation: "insert",
        resource: `default/event/e${index}`,
      });
    }
    const link = { source: "edgehub", operation: "publish", resource: "node/connection" };
    await edge.tell({ ...link, content: "cloud_connected" });
    const got: string[] = [];
    while (got.at(-1) !== "default/event/e1499")
      got.push((await edge.next("websocket")).route.resource ?? "");
    expect(got.filter((resource) => resource.includes("podstatus"))).toHaveLength(1);
    expect(got.filter((resource) => resource.includes("event")).length).toBeLessThanOrEqual(1_001);
  });
});

test("the end of a list drops what it does not name, tells edged, and comes last", async () => {
  await using edge = new EdgeSide();
  edge.store.put({ key: "default/pod/old", type: "pod", value: '{"metadata":{"uid":"o"}}' });
  edge.store.put({ key: "default/secret/old", type: "secret", value: "{}" });
  await edge.tell({ ...web, operation: "insert", content: pod("1", "1") });
  const end = { source: site, operation: "list-end", resource: "all/pod" };
  await edge.tell({ ...end, content: { keys: ["default/web"] } });
  const got = [await edge.next("edged"), await edge.next("edged"), await edge.next("edged")];
  expect(got.map(({ route }) => `${route.operation} ${route.resource}`)).toEqual([
    "insert default/pod/web",
    "delete default/pod/old",
    "list-end all/pod",
  ]);
  expect(edge.store.keys).toEqual(["default/pod/web", "default/secret/old"]);
});

describe("a message that metaManager does not understand", () => {
  test.each([
    ["dance", "default/pod/web", 'Unknown operation "dance"'],
    ["insert", "default/spaceship/web", 'Unknown resource type "spaceship"'],
    ["insert", "default/pod", "The resource has no name"],
    ["insert", "pod", "Cannot use a resource that is not 'namespace/type[/name]'"],
    ["list-end", "all/pod", "The end of a list has no 'keys'"],
    ["publish", "node/weather", 'Unknown publication "node/weather"'],
  ])("%s %s is answered with an error and logged once", async (operation, resource, reason) => {
    await using edge = new EdgeSide();
    for (let times = 0; times < 2; times += 1) {
      const answer = await edge.ask({ source: site, operation, resource });
      expect(answer.route.operation).toBe("error");
      expect(answer.content).toStartWith(reason);
    }
    expect(edge.warnings).toHaveLength(1);
  });

  test("is answered also where nobody waits, and an error is answered by nothing", async () => {
    await using edge = new EdgeSide();
    const sent = await edge.tell({ source: site, operation: "dance", resource: "default/pod/web" });
    const error = await edge.next(site);
    expect(error.header.parent_msg_id).toBe(sent.header.msg_id);
    await edge.tell({
      source: site,
      operation: "error",
      resource: "default/pod/web",
      content: "no",
    });
    await edge.ask({ source: "edged", operation: "query", resource: "default/pod" });
    expect(edge.waitingFor(site)).toBe(0);
  });
});

test("a site without a mesh gets no messages for one, and no complaint", async () => {
  await using edge = new EdgeSide();
  edge.bus.cleanup("edgemesh");
  const service = { source: site, operation: "insert", resource: "default/service/web" };
  expect((await edge.ask({ ...service, content: {} })).content).toBe("OK");
});
