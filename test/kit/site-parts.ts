import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addModules } from "#bus/add-modules.ts";
import { createBus } from "#bus/create-bus.ts";
import { type ModuleStatus, supervise } from "#bus/supervisor.ts";
import { type EdgeSiteConfig, FIELDS } from "#config/edgesite-config.ts";
import { loadConfig } from "#config/load.ts";
import { Database } from "#db/database.ts";
import { ImageDirectory } from "#edged/image/image-directory.ts";
import { storeImages } from "#edged/image/node-images.ts";
import { LocalImageStore } from "#edged/image/store/local-image-store.ts";
import type { PodNetwork } from "#edged/network/pod-network.ts";
import { createPodNetwork } from "#edged/network/veth-network.ts";
import type { Runtime } from "#edged/runtime/runtime.ts";
import { addressAt, parseCidr } from "#lib/cidr.ts";
import { systemClock } from "#lib/clock.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import { systemTimer } from "#lib/timer.ts";
import { unmountBelow } from "#linux/mount.ts";
import type { NetworkPlan } from "#mesh/network-plan.ts";
import { newFrontProxy } from "#site/apiserver/aggregation/front-proxy.ts";
import { newTokenKeys } from "#site/apiserver/authentication/token-keys.ts";
import { ClientCertificates } from "#site/apiserver/client-certificates.ts";
import { loadPki } from "#site/apiserver/pki.ts";
import { ServingCertificate } from "#site/apiserver/serving-certificate.ts";
import { dataDirectory, prepareDataDirectory } from "../../src/data-directory.ts";
import { composeSite, type Site, type SiteParts } from "../../src/edgesite.ts";
import { FakeNetwork } from "./edged-harness.ts";
import { FixedAddresses } from "./fixed-addresses.ts";

const NETWORK: NetworkPlan = {
  podCIDR: "10.42.0.0/24",
  serviceCIDR: "10.43.0.0/16",
  gateway: "10.42.0.1",
  kubernetesServiceIP: "10.43.0.1",
  dnsAddress: "169.254.96.16",
};

/** KubeEdge's three programs as the modules that each of them has, with the API that they lacked. */
export const MODULE_SETS = {
  cloudcore: ["apiServer", "controllers", "scheduler", "edgeController"],
  edgecore: ["metaManager", "edgeMesh", "edged"],
  edgesite: ["apiServer", "controllers", "scheduler", "edgeController", "metaManager", "edged"],
} as const;

export type ModuleName = keyof EdgeSiteConfig["modules"];

/** A valid configuration with these modules alone; `yaml` is what a file would say besides. */
export function configOf(modules: readonly ModuleName[], yaml = ""): EdgeSiteConfig {
  const names = Object.keys(FIELDS.modules.fields);
  const env = Object.fromEntries(
    names.map((name) => [
      `EDGESITE_MODULES_${name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()}_ENABLE`,
      String(modules.some((one) => one === name)),
    ]),
  );
  return loadConfig({ env, flags: {}, file: { path: "edgesite.yaml", text: yaml } });
}

export interface TestSiteOptions {
  readonly config: EdgeSiteConfig;
  readonly runtime: Runtime;
  /** `routed` needs a network namespace of the test's own. Default: addresses and nothing else. */
  readonly network?: "routed" | "none";
  readonly log?: Logger;
}

/** What a site is composed from, on a directory and a database that go with it. */
export class TestSite implements AsyncDisposable {
  readonly parts: SiteParts;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: SiteParts, stack: AsyncDisposableStack) {
    this.parts = parts;
    this.#stack = stack;
  }

  static async prepare({ config, runtime, ...options }: TestSiteOptions): Promise<TestSite> {
    const { log = silentLogger, network = "none" } = options;
    await using stack = new AsyncDisposableStack();
    const root = mkdtempSync(join(tmpdir(), "edgesite-parts-"));
    stack.defer(() => {
      // Pods go on after their site: so do the volumes that they hold in memory.
      unmountBelow(root);
      rmSync(root, { recursive: true, force: true });
    });
    const directories = dataDirectory(root);
    prepareDataDirectory(directories);
    const db = stack.use(
      await Database.open({ path: directories.database, key: new Uint8Array(32) }),
    );
    const lifetime = new AbortController();
    stack.defer(() => lifetime.abort(new Error("The test's site has stopped")));
    const siteId = root.slice(-6).toLowerCase();
    const store = stack.use(
      new LocalImageStore({
        ...{ directory: directories.store, rows: db.images, clock: systemClock, log },
        registriesFile: join(root, "registries.yaml"),
      }),
    );
    const parts: SiteParts = {
      config,
      siteId,
      nodeName: "edge-node",
      nodeAddresses: new FixedAddresses([NETWORK.gateway]),
      network: NETWORK,
      db,
      tokenKeys: newTokenKeys(),
      frontProxy: newFrontProxy(),
      clients: new ClientCertificates(directories.pki),
      latestTime: () => new Date(),
      certificate: new ServingCertificate({
        pki: loadPki({
          directory: directories.pki,
          hosts: ["127.0.0.1"],
          times: [new Date()],
          log,
        }),
        renewed: () => undefined,
        hostName: () => "edge-node",
        onAddresses: () => ({ [Symbol.dispose]: () => undefined }),
        clock: systemClock,
        timer: systemTimer,
        log,
      }),
      runtime,
      images: storeImages(store),
      archives: new ImageDirectory({
        ...{ images: storeImages(store), rows: db.images, log },
        directory: directories.images,
      }),
      podNetwork: network === "none" ? new FakeNetwork() : routed({ db, siteId, log, stack }),
      bus: createBus({ log }),
      directories,
      log,
      clock: systemClock,
      lifetime: lifetime.signal,
    };
    return new TestSite(parts, stack.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

interface Routed {
  readonly db: Database;
  readonly siteId: string;
  readonly log: Logger;
  readonly stack: AsyncDisposableStack;
}

function routed({ db, siteId, log, stack }: Routed): PodNetwork {
  const range = parseCidr(NETWORK.podCIDR);
  const pool = Array.from({ length: 100 }, (_, index) => addressAt(range, index + 2));
  const { gateway, podCIDR, serviceCIDR } = NETWORK;
  const network = createPodNetwork({
    ...{ siteId, gateway, podCIDR, serviceCIDR, log },
    leases: db.addressLeases(() => pool),
  });
  stack.defer(() => network.close());
  return network;
}

/** A composed site that runs, until it is stopped. */
export class RunningSite implements AsyncDisposable {
  readonly site: Site;
  readonly parts: SiteParts;
  /** `name state`, in the order in which it was told. */
  readonly states: string[] = [];
  readonly #test: TestSite;
  readonly #statuses = new Map<string, ModuleStatus>();
  readonly #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  private constructor(test: TestSite) {
    this.#test = test;
    this.parts = test.parts;
    this.site = composeSite(test.parts);
  }

  /** Starts a site and waits until all of its modules run. */
  static async start(options: TestSiteOptions): Promise<RunningSite> {
    const running = new RunningSite(await TestSite.prepare(options));
    try {
      await running.#start();
    } catch (error) {
      await running.#test[Symbol.asyncDispose]();
      throw error;
    }
    return running;
  }

  /** Each module as the supervisor told of it last. */
  get modules(): readonly ModuleStatus[] {
    return [...this.#statuses.values()];
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #start(): Promise<void> {
    const { site, parts, states } = this;
    const started = Promise.withResolvers<void>();
    addModules(parts.bus, site.modules);
    this.#ended = supervise(site.modules, {
      signal: this.#stop.signal,
      onStatus: (status) => {
        this.#statuses.set(status.name, status);
        states.push(`${status.name} ${status.state}`);
        const last = site.modules.at(-1)?.name;
        if (status.name === last && status.state === "running") started.resolve();
      },
    });
    await Promise.race([started.promise, this.#ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#test[Symbol.asyncDispose]();
  }
}
