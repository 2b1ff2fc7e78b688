import { mkdir } from "node:fs/promises";
import type { NodeStreams } from "#api/node-streams.ts";
import { objectKey } from "#api/object.ts";
import type { Bus } from "#bus/bus.ts";
import { GROUP_OF, MODULE } from "#bus/constants.ts";
import type { Module } from "#bus/module.ts";
import { receiveEach } from "#bus/receive-each.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import { systemTimer, type Timer } from "#lib/timer.ts";
import { mountTmpfs, unmountBelow } from "#linux/mount.ts";
import { appArmorEnabled } from "#linux/security/app-armor.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import type { DnsConfig } from "./container/dns-files.ts";
import { EventRecorder } from "./events.ts";
import type { ImageDirectory } from "./image/image-directory.ts";
import { ImageManager } from "./image/image-manager.ts";
import type { PodNetwork } from "./network/pod-network.ts";
import { machineFacts } from "./node/machine.ts";
import type { NodeAddresses } from "./node/node-addresses.ts";
import { NodeAgent, type NodeReadiness } from "./node/node-agent.ts";
import { allocatableOf, type NodeOptions } from "./node/node-object.ts";
import type { NodeAbilities } from "./pod/admission.ts";
import { PodManager } from "./pod/pod-manager.ts";
import { Receiver } from "./receiver.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { EngineStatus } from "./runtime/types.ts";
import { createAgentHttp } from "./server/agent-http.ts";
import { createNodeStreams } from "./server/node-streams.ts";
import type { MemoryMounts } from "./volume/pod-volumes.ts";

export interface EdgedOptions {
  readonly bus: Bus;
  readonly meta: MetaClient;
  readonly runtime: Runtime;
  readonly network: PodNetwork;
  /** The archives of images that are dropped in; pods wait for those that lie there at the start. */
  readonly archives?: Pick<ImageDirectory, "run" | "settled">;
  /** Pod directories lie under it, `<uid>/…`, as kubelet's. */
  readonly podsDirectory: string;
  readonly node: NodeOptions;
  readonly addresses: NodeAddresses;
  readonly dns: DnsConfig;
  /** Answers why the node cannot serve though its engine does, or nothing: `mesh is not ready`. */
  readonly notReadyReason?: () => string | undefined;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly timer?: Timer;
  /** Where secrets and memory-backed directories lie. Default: tmpfs. */
  readonly mounts?: MemoryMounts;
  /** What the kernel has of what pods may insist on. Default: it is asked. */
  readonly abilities?: NodeAbilities;
}

export interface EdgedStatus {
  readonly engine: EngineStatus;
  readonly pods: number;
  /** `namespace/name` of the pods that have a running container. */
  readonly runningPods: readonly string[];
  readonly node: NodeReadiness;
}

export interface Edged {
  readonly module: Module;
  /** Logs, exec, attach and port-forward of this node's pods. */
  readonly streams: NodeStreams;
  status(): EdgedStatus;
  /** An image was brought or taken away by somebody else than pods. */
  imagesChanged(): void;
}

const TMPFS: MemoryMounts = { mount: mountTmpfs, unmountBelow };

/** The node agent: runs the pods that metaManager names, and says how they are. */
export function createEdged(options: EdgedOptions): Edged {
  const { runtime, node } = options;
  let life: Life | undefined;
  const pods: Pick<PodManager, "find"> = { find: (uid) => life?.pods.find(uid) };
  const streams = createNodeStreams({ pods, runtime, node: node.name });
  return {
    module: {
      name: MODULE.edged,
      group: GROUP_OF.edged,
      async run({ signal, ready }) {
        life = await Life.begin(options, signal);
        try {
          await life.run(signal, ready);
        } finally {
          life = undefined;
        }
      },
    },
    streams: {
      ...streams,
      ask: createAgentHttp({
        ...{ node, dns: options.dns, logs: streams.logs },
        clock: options.clock ?? systemClock,
        workers: () => life?.pods.workers ?? [],
      }),
    },
    status: () => ({
      engine: runtime.engine(),
      pods: life?.pods.workers.length ?? 0,
      runningPods: life?.runningPods ?? [],
      node: life?.agent.readiness ?? { ready: false, reason: "edged does not run" },
    }),
    imagesChanged: () => life?.agent.refreshImages(),
  };
}

/** One run of the module: everything in it ends with its signal. */
class Life {
  readonly pods: PodManager;
  readonly agent: NodeAgent;
  readonly #options: EdgedOptions;

  private constructor(options: EdgedOptions, pods: PodManager, agent: NodeAgent) {
    this.#options = options;
    this.pods = pods;
    this.agent = agent;
  }

  static async begin(options: EdgedOptions, signal: AbortSignal): Promise<Life> {
    const { meta, runtime, network, node, addresses, dns, podsDirectory } = options;
    const { notReadyReason } = options;
    const { clock = systemClock, timer = systemTimer, mounts = TMPFS, log } = options;
    await mkdir(podsDirectory, { recursive: true, mode: 0o750 });
    const machine = await machineFacts(podsDirectory);
    const agent = new NodeAgent({
      ...{ options: node, addresses, machine, runtime, meta, clock, log },
      directory: podsDirectory,
      notReadyReason: notReadyReason ?? (() => undefined),
      onBeat: () => pods.renewTokens(),
    });
    const pods: PodManager = new PodManager({
      ...{ runtime, meta, network, mounts, podsDirectory, dns, clock, timer, log },
      images: new ImageManager({
        ...{ images: runtime, clock },
        settled: options.archives?.settled ?? Promise.resolve(),
        onPulled: () => agent.refreshImages(),
      }),
      events: new EventRecorder({ meta, node: node.name, clock, log, signal }),
      addresses,
      allocatable: allocatableOf(machine, node),
      memoryCapacityBytes: machine.memoryBytes,
      abilities: options.abilities ?? { appArmor: appArmorEnabled() },
    });
    return new Life(options, pods, agent);
  }

  get runningPods(): readonly string[] {
    return this.pods.workers
      .filter(({ observed }) => observed.containers.some(({ state }) => state === "running"))
      .map(({ pod }) => objectKey(pod));
  }

  /** Whatever part ends first ends all the others, which are waited for. */
  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    const { archives } = this.#options;
    const parts = new AbortController();
    const onAbort = (): void => parts.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const all = [
      this.#receive(parts.signal),
      this.#follow(parts.signal),
      this.agent.run(parts.signal),
      this.pods.run(parts.signal),
      ...(archives ? [archives.run(parts.signal, () => this.agent.refreshImages())] : []),
    ];
    using _ = this.#options.addresses.onChange(() => this.#addressesChanged());
    ready();
    try {
      await Promise.race(all);
    } finally {
      parts.abort();
      signal.removeEventListener("abort", onAbort);
      await Promise.allSettled(all);
    }
  }

  #receive(signal: AbortSignal): Promise<void> {
    const { bus, log } = this.#options;
    const receiver = new Receiver({ bus, pods: this.pods, node: this.agent, log });
    return receiveEach(bus, MODULE.edged, {
      signal,
      onMessage: (message) => receiver.take(message),
    });
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const event of this.#options.runtime.events(signal)) {
      if (event.kind === "engine") this.#onEngine(event.status);
      this.pods.onRuntimeEvent(event);
    }
  }

  #addressesChanged(): void {
    this.agent.refresh();
    for (const worker of this.pods.workers) worker.wake();
  }

  #onEngine(status: EngineStatus): void {
    const { log, runtime } = this.#options;
    const { scheme: name } = runtime;
    if (status.reachable) log.info("The runtime is ready", { name, version: status.version });
    else log.warn("The runtime is not ready", { name, reason: status.reason });
    this.agent.engineKnown();
    this.agent.refreshImages();
  }
}
