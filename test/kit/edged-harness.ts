import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  ConfigMap,
  Event,
  Lease,
  Node,
  Pod,
  PodStatus,
  RuntimeClass,
  Secret,
  Service,
  TokenRequest,
} from "#api/object.ts";
import { createBus } from "#bus/create-bus.ts";
import { newMessage } from "#bus/message.ts";
import { createEdged, type Edged, type EdgedOptions } from "#edged/edged.ts";
import type { PodNetwork } from "#edged/network/pod-network.ts";
import type { Runtime } from "#edged/runtime/runtime.ts";
import type { MemoryMounts } from "#edged/volume/pod-volumes.ts";
import { silentLogger } from "#lib/log.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import { FixedAddresses } from "./fixed-addresses.ts";

/** What went up, and what metaManager would answer. */
export class FakeMeta implements MetaClient {
  readonly pods = new Map<string, Pod>();
  readonly configMaps = new Map<string, ConfigMap>();
  readonly secrets = new Map<string, Secret>();
  readonly runtimeClasses = new Map<string, RuntimeClass>();
  readonly services: Service[] = [];
  readonly events: Event[] = [];
  readonly statuses = new Map<string, PodStatus[]>();
  readonly deleted: string[] = [];
  readonly nodes: Node[] = [];
  readonly leases: Lease[] = [];
  readonly tokenRequests: NonNullable<TokenRequest["spec"]>[] = [];
  readonly #patienceMs: number;
  #waiters = new Set<() => void>();

  /** @param patienceMs how long `until` waits: by default less than bun gives a test, to say for what. */
  constructor(patienceMs = 4000) {
    this.#patienceMs = patienceMs;
  }

  /** Resolves as soon as `fulfilled` answers something after something went up. */
  async until<T>(what: string, fulfilled: () => T | undefined | false): Promise<T> {
    const deadline = AbortSignal.timeout(this.#patienceMs);
    for (;;) {
      const value = fulfilled();
      if (value) return value;
      await new Promise<void>((resolve, reject) => {
        const onLate = () => reject(new Error(`Waited in vain until ${what}`));
        if (deadline.aborted) return onLate();
        deadline.addEventListener("abort", onLate, { once: true });
        this.#waiters.add(resolve);
      });
    }
  }

  last(name: string): PodStatus | undefined {
    return this.statuses.get(name)?.at(-1);
  }

  reasons(): string[] {
    return this.events.map(({ reason }) => reason ?? "");
  }

  async listPods() {
    return [...this.pods.values()];
  }
  async listServices() {
    return this.services;
  }
  async listEndpointSlices() {
    return [];
  }
  async getConfigMap({ name }: { name: string }) {
    return this.configMaps.get(name);
  }
  async getSecret({ name }: { name: string }) {
    return this.secrets.get(name);
  }
  async getRuntimeClass(name: string) {
    return this.runtimeClasses.get(name);
  }
  async requestToken(_account: object, { spec }: TokenRequest): Promise<TokenRequest> {
    if (spec === undefined) throw new Error("A token request has a spec");
    this.tokenRequests.push(spec);
    const token = `token-${this.tokenRequests.length}`;
    return { spec, status: { token, expirationTimestamp: "" } };
  }
  async getNode() {
    return this.nodes.at(-1);
  }
  async createNode(node: Node) {
    this.nodes.push(node);
    this.#tell();
  }
  async updateNodeStatus(node: Node) {
    this.nodes.push(node);
    this.#tell();
  }
  async updatePodStatus(_namespace: string, { Name, Status }: { Name: string; Status: PodStatus }) {
    this.statuses.set(Name, [...(this.statuses.get(Name) ?? []), structuredClone(Status)]);
    this.#tell();
  }
  async deletePod({ uid }: { uid: string }) {
    this.deleted.push(uid);
    this.#tell();
  }
  async createEvent(event: Event) {
    this.events.push(event);
    this.#tell();
  }
  async renewLease(lease: Lease) {
    this.leases.push(lease);
  }

  #tell(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}

/** A network of nothing but addresses. */
export class FakeNetwork implements PodNetwork {
  readonly addresses = new Map<string, string>();
  alive: ReadonlySet<string> | undefined;

  async start(alive: ReadonlySet<string>) {
    this.alive = alive;
  }
  async attach({ uid }: { uid: string }) {
    const known = this.addresses.get(uid) ?? `10.42.0.${this.addresses.size + 2}`;
    this.addresses.set(uid, known);
    return { ipv4: known };
  }
  async detach(uid: string) {
    this.addresses.delete(uid);
  }
}

/** Memory mounts for tests without the privilege to mount: plain directories. */
export const plainDirectories: MemoryMounts = {
  mount: () => undefined,
  unmountBelow: () => undefined,
};

export interface EdgedHarness {
  readonly edged: Edged;
  readonly meta: FakeMeta;
  readonly network: FakeNetwork;
  readonly podsDirectory: string;
  send(operation: string, resource: string, content: unknown): Promise<void>;
  /** Ends the module as a restart of the site would; containers go on, files stay. */
  stop(): Promise<void>;
  /** Ends the module and removes its files. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface HarnessOptions {
  readonly runtime: Runtime;
  readonly network?: PodNetwork;
  readonly meta?: FakeMeta;
  readonly podsDirectory?: string;
  readonly mounts?: MemoryMounts;
  readonly addresses?: EdgedOptions["addresses"];
  readonly archives?: NonNullable<EdgedOptions["archives"]>;
  readonly abilities?: NonNullable<EdgedOptions["abilities"]>;
}

/** edged on a bus of its own, between a fake metaManager and the runtime given. */
export async function startEdged(options: HarnessOptions): Promise<EdgedHarness> {
  const { runtime, meta = new FakeMeta(), mounts = plainDirectories } = options;
  const { archives, abilities } = options;
  const network = new FakeNetwork();
  const podsDirectory = options.podsDirectory ?? (await mkdtemp(join(tmpdir(), "edged-")));
  const bus = createBus({ log: silentLogger });
  bus.addModule("edged", "edged");
  const edged = createEdged({
    bus,
    meta,
    runtime,
    ...(archives && { archives }),
    ...(abilities && { abilities }),
    network: options.network ?? network,
    podsDirectory,
    mounts,
    node: { name: "edge", kubeletVersion: "v1.36.0+edgesite.0" },
    addresses: options.addresses ?? new FixedAddresses(["192.0.2.1"]),
    dns: { server: "169.254.96.16", domain: "cluster.local" },
    log: silentLogger,
  });
  const life = new AbortController();
  const started = Promise.withResolvers<void>();
  const ended = edged.module.run({
    signal: life.signal,
    deadline: new AbortController().signal,
    ready: started.resolve,
  });
  await Promise.race([started.promise, ended]);
  const stop = async (): Promise<void> => {
    life.abort(new Error("The test is over"));
    await ended;
  };
  return {
    edged,
    meta,
    network,
    podsDirectory,
    send: (operation, resource, content) =>
      bus.send(
        "edged",
        newMessage({ operation, resource, content, source: "metaManager", group: "resource" }),
        life.signal,
      ),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(podsDirectory, { recursive: true });
    },
  };
}

/** A pod of one container, as the site would send it. */
export function podOf(name: string, spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-${name}` },
    spec: {
      nodeName: "edge",
      restartPolicy: "Always",
      containers: [{ name: "main", image: "busybox:1", command: ["sh", "-c", "sleep 1000"] }],
      ...spec,
    },
  };
}

/** Has a pod come to the node, as the site would. */
export function applyPod(harness: EdgedHarness, pod: Pod): Promise<void> {
  return harness.send("insert", `default/pod/${pod.metadata?.name}`, pod);
}

/** What the pod says of the condition `Ready`. */
export function isReady(status: PodStatus | undefined): boolean {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}
