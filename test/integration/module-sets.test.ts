import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Pod } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import { UnknownModule } from "#bus/bus.ts";
import { newMessage } from "#bus/message.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import { enterNewNetworkNamespace } from "#linux/namespace.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "#linux/netlink/socket.ts";
import { setLinkUp } from "#linux/rtnetlink/links.ts";
import { createMetaClient } from "#meta/create-meta-client.ts";
import { busyboxRuntime } from "#test/kit/busybox-runtime.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { configOf, MODULE_SETS, type ModuleName, RunningSite } from "#test/kit/site-parts.ts";
import { dataDirectory } from "../../src/data-directory.ts";
import { siteStatus } from "../../src/site-status.ts";

/** The mesh makes links and tables, the API server listens: in a network of the test's own. */
const stack = new DisposableStack();
beforeAll(() => {
  stack.use(enterNewNetworkNamespace());
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  setLinkUp(socket, "lo");
});
afterAll(() => stack.dispose());

/** The modules of a site in the order of their start, and which switch is whose. */
const ORDER: readonly (readonly [switchName: ModuleName, name: string])[] = [
  ["apiServer", "apiserver"],
  ["controllers", "controllers"],
  ["scheduler", "scheduler"],
  ["edgeController", "edgecontroller"],
  ["metaManager", "metaManager"],
  ["edgeMesh", "edgemesh"],
  ["edged", "edged"],
];
const ALL = ORDER.map(([switchName]) => switchName);
const ON_THE_BUS = ["edgecontroller", "metaManager", "edgemesh", "edged"];

/** What a site warned of: `message to reason`. */
class Warnings {
  readonly all: string[] = [];
  readonly log: Logger = {
    ...silentLogger,
    warn: (message, fields) => this.#add(message, fields),
    error: (message, fields) => this.#add(message, fields),
    child: () => this.log,
  };

  #add(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.all.push([message, fields["to"] ?? fields["resource"], fields["reason"]].join(" ").trim());
  }
}

const absent = "A module is not on the bus; messages for it are dropped";
const WARNINGS: Readonly<Record<string, readonly string[]>> = {
  cloudcore: [`${absent} metaManager`],
  edgecore: [
    `${absent} edgecontroller`,
    'The node could not register and tries again  Cannot register node edge-node: There is no module "edgecontroller" on the bus',
  ],
  edgesite: [],
  "all of them": [],
};
const SETS: readonly (readonly [name: string, modules: readonly ModuleName[]])[] = [
  ...Object.entries(MODULE_SETS),
  ["all of them", ALL],
];

test.each(SETS)(
  "the modules of %s run alone",
  async (name, modules) => {
    const warnings = new Warnings();
    const config = configOf(modules);
    const running = await RunningSite.start({
      config,
      runtime: busyboxRuntime(),
      log: warnings.log,
    });
    await using _ = running;
    const { site, parts, states } = running;
    const enabled = ORDER.filter(([one]) => modules.includes(one)).map(([, module]) => module);
    const disabled = ORDER.filter(([one]) => !modules.includes(one)).map(([, module]) => module);

    // They start in order, each once the one before is ready.
    expect(states.filter((state) => state.endsWith("running"))).toEqual(
      enabled.map((module) => `${module} running`),
    );
    const directory = dataDirectory("/nonexistent");
    const status = siteStatus({
      ...{ site, parts, directory, modules: running.modules },
      writtenTodayBytes: () => 0,
    });
    expect(status.degraded).toContainEqual(expect.stringContaining("/nonexistent was removed"));
    expect(status.modules.map((module) => `${module.name} ${module.state}`)).toEqual([
      ...enabled.map((module) => `${module} running`),
      ...disabled.map((module) => `${module} disabled`),
    ]);

    // What is not there refuses at once instead of being waited for.
    const message = newMessage({ operation: "query", resource: "default/pod/x", content: null });
    for (const module of disabled.filter((one) => ON_THE_BUS.includes(one))) {
      const signal = AbortSignal.timeout(1_000);
      const refused = parts.bus.sendSync(module, message, { signal });
      expect(await rejection(refused)).toBeInstanceOf(UnknownModule);
    }
    // And what reports to what is not there goes on; it is said once.
    if (modules.includes("metaManager")) {
      const meta = createMetaClient({ bus: parts.bus, source: "edged" });
      for (const Name of ["a", "b"]) {
        const report = { UID: Name, Name, Status: { phase: "Running" } };
        await meta.updatePodStatus("default", report, parts.lifetime);
      }
    }
    await eventually(() => warnings.all.length >= (WARNINGS[name]?.length ?? 0));

    const before = states.length;
    await running.stop();
    expect(states.slice(before).filter((state) => state.endsWith("stopping"))).toEqual(
      enabled.toReversed().map((module) => `${module} stopping`),
    );
    expect(warnings.all.toSorted()).toEqual([...(WARNINGS[name] ?? [])].toSorted());
  },
  20_000,
);

test("the modules of edgesite bring a pod from the store to the runtime and its status back", async () => {
  const runtime = busyboxRuntime();
  const config = configOf(MODULE_SETS.edgesite);
  await using running = await RunningSite.start({ config, runtime });
  const { objects } = running.parts.db;
  const key = { collection: "/pods", namespace: "default", name: "web" };
  const made: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name: "web", uid: "uid-web" },
    spec: {
      nodeName: "edge-node",
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "main", image: "busybox:1", imagePullPolicy: "IfNotPresent" }],
    },
  };
  PODS.setDefaults(made);
  PODS.prepareForCreate?.(made);
  await objects.write(key, () => ({ put: made }));
  await eventually(() => {
    const pod: Pod | undefined = objects.get(key)?.value;
    return pod?.status?.phase === "Running";
  });
  const pods = await runtime.list(new AbortController().signal);
  expect(pods.map(({ pod }) => pod.uid)).toEqual(["uid-web"]);
});

test.each(ON_THE_BUS.map((module) => [module]))(
  "nonsense is answered by %s with an error, and logged once",
  async (module) => {
    const warnings = new Warnings();
    const config = configOf(ALL);
    await using running = await RunningSite.start({
      ...{ config, runtime: busyboxRuntime(), log: warnings.log },
    });
    const ask = (operation: string, resource: string) =>
      running.parts.bus.sendSync(
        module,
        newMessage({ source: "nobody", operation, resource, content: "nonsense" }),
        { signal: AbortSignal.timeout(5_000) },
      );
    for (const [operation, resource] of [
      ["insert", "default/nonsense/x"],
      ["insert", "default/nonsense/y"],
      ["dance", "default/pod/x"],
      ["query", "default/nonsense/x"],
      ["insert", "nonsense"],
      ["insert", ""],
      ["error", "default/pod/x"],
    ] as const) {
      const answer = await ask(operation, resource);
      expect([resource, answer.route.operation]).toEqual([resource, "error"]);
      expect(answer.content).toBeString();
    }
    const refused = warnings.all.filter((one) => one.startsWith("A message was refused"));
    expect(refused).toHaveLength(5);
    expect(warnings.all).toEqual(refused);
  },
  20_000,
);
