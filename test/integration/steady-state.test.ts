import { afterAll, beforeAll, expect, test } from "bun:test";
import { statSync } from "node:fs";
import type { Deployment } from "#api/object.ts";
import { DEPLOYMENTS, PODS, RESOURCES } from "#api/resources.ts";
import { createClient } from "#client/client.ts";
import { systemClock } from "#lib/clock.ts";
import { systemTimer } from "#lib/timer.ts";
import { enterNewNetworkNamespace } from "#linux/namespace.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { setLinkUp } from "#linux/rtnetlink/links.ts";
import { collectionOf } from "#site/apiserver/kind.ts";
import { componentUser } from "#site/apiserver/options.ts";
import { createRegistry } from "#site/apiserver/registry.ts";
import { busyboxRuntime } from "#test/kit/busybox-runtime.ts";
import { eventually } from "#test/kit/eventually.ts";
import { configOf, MODULE_SETS, RunningSite } from "#test/kit/site-parts.ts";
import { TEST_TOKENS } from "#test/kit/test-tokens.ts";

const REPLICAS = 50;
/** Longer than the time between two heartbeats of the node. */
const QUIET_MS = 12_000;

const stack = new DisposableStack();
beforeAll(() => {
  stack.use(enterNewNetworkNamespace());
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  setLinkUp(socket, "lo");
});
afterAll(() => stack.dispose());

const deployment: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [
          {
            name: "main",
            image: "busybox:1",
            imagePullPolicy: "IfNotPresent",
            command: ["sh", "-c", "sleep 100000"],
            readinessProbe: { exec: { command: ["sh", "-c", "exit 0"] }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

test("a site with 50 ready pods writes nothing but its node's heartbeat, and that not to disk", async () => {
  const runtime = busyboxRuntime();
  const config = configOf(MODULE_SETS.edgesite);
  await using running = await RunningSite.start({ config, runtime });
  const { db, directories, lifetime } = running.parts;
  const registry = createRegistry({
    tokens: TEST_TOKENS,
    store: db.objects,
    clock: systemClock,
    timer: systemTimer,
    serviceCidr: running.parts.network.serviceCIDR,
    signal: lifetime,
  });
  const client = createClient({ verbs: registry.as(componentUser("test")) });
  await client.create(DEPLOYMENTS, deployment);
  const key = { namespace: "default", name: "web" };
  await eventually(
    async () => (await client.get(DEPLOYMENTS, key)).status?.readyReplicas === REPLICAS,
    { what: "All pods ready" },
  );
  // Events are written one by one, behind what they tell of.
  await eventually(async () => {
    const before = db.objects.resourceVersion;
    await Bun.sleep(1_500);
    return db.objects.resourceVersion - before <= 1;
  });

  const changes = new Map<string, number>();
  for (const resource of RESOURCES) {
    const { resourceVersion } = db.objects;
    db.objects.subscribe(collectionOf(resource), resourceVersion, ({ type, item }) => {
      const change = `${resource.plural} ${type} ${item.value.metadata?.name}`;
      changes.set(change, (changes.get(change) ?? 0) + 1);
    });
  }
  const writtenAt = () => statSync(`${directories.pods}/../edgesite.db-wal`).mtimeMs;
  const before = writtenAt();
  await Bun.sleep(QUIET_MS);
  expect([...changes.keys()]).toEqual(["leases MODIFIED edge-node"]);
  expect(changes.get("leases MODIFIED edge-node")).toBeLessThanOrEqual(2);
  expect(writtenAt()).toBe(before);
  expect((await client.list(PODS, { namespace: "default" })).items).toHaveLength(REPLICAS);
}, 60_000);
