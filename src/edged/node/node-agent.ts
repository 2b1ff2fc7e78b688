import type { Node, NodeCondition } from "#api/object.ts";
import { aborted, sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import { Latch } from "../pod/latch.ts";
import { EngineUnreachable, type Runtime } from "../runtime/runtime.ts";
import type { ImageInfo } from "../runtime/types.ts";
import { headroom, type MachineFacts } from "./machine.ts";
import type { NodeAddresses } from "./node-addresses.ts";
import { type NodeFacts, type NodeOptions, nodeLease, nodeObject } from "./node-object.ts";

const DEFAULT_LEASE_RENEW_MS = 10_000;
/** kubelet's `nodeStatusReportFrequency`: how often a status goes up that has not changed. */
const REPORT_MS = 300_000;
/** How long the first word of the node waits for the first of its engine. */
const ENGINE_PATIENCE_MS = 2000;
const REGISTER_RETRY = { initialMs: 500, maxMs: 30_000 };

export interface NodeAgentOptions {
  readonly options: NodeOptions;
  readonly addresses: Pick<NodeAddresses, "current">;
  readonly machine: MachineFacts;
  readonly runtime: Runtime;
  readonly meta: MetaClient;
  /** Measured for pressure. */
  readonly directory: string;
  readonly notReadyReason: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once in a while, with the lease. */
  readonly onBeat?: () => void;
}

export interface NodeReadiness {
  readonly ready: boolean;
  /** Why not, or KubeEdge's words for ready. */
  readonly reason: string;
}

/** Registers the node, says when something about it changes, and keeps its lease. */
export class NodeAgent {
  readonly #options: NodeAgentOptions;
  readonly #changed = new Latch();
  readonly #engineKnown = Promise.withResolvers<void>();
  #images: readonly ImageInfo[] = [];
  #imagesStale = true;
  #before: readonly NodeCondition[] = [];
  #reported: Node | undefined;
  #reportedMs = 0;
  #removed = false;

  constructor(options: NodeAgentOptions) {
    this.#options = options;
  }

  get readiness(): NodeReadiness {
    const condition = this.#before.find(({ type }) => type === "Ready");
    const reason = condition?.message ?? "the node has not registered yet";
    return { ready: condition?.status === "True", reason };
  }

  /** The engine has answered, or is known to be away: what is said of it from now on is no guess. */
  engineKnown(): void {
    this.#engineKnown.resolve();
  }

  /** Something that the node reports may have changed. */
  refresh(): void {
    this.#changed.set();
  }

  /**
   * Somebody removed the node's object: a report makes it again (kubelet waits for its own next
   * start). Nothing else may have changed for that.
   */
  objectRemoved(): void {
    this.#removed = true;
    this.refresh();
  }

  /** An image came or went, or the engine did. */
  refreshImages(): void {
    this.#imagesStale = true;
    this.refresh();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      // A node that says NotReady only because it does not know yet takes all its pods out of
      // service.
      await Promise.race([this.#engineKnown.promise, sleep(ENGINE_PATIENCE_MS, signal)]);
      await this.#register(signal);
      await Promise.all([this.#reportChanges(signal), this.#keepLease(signal)]);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { meta, log } = this.#options;
    const backoff = new Backoff(REGISTER_RETRY);
    let said: string | undefined;
    for (;;) {
      const node = await this.#look(signal);
      try {
        await meta.createNode(node, signal);
        this.#remember(node);
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        const reason = explain(error);
        if (reason !== said) log.warn("The node could not register and tries again", { reason });
        said = reason;
      }
      await sleep(backoff.next(), signal);
    }
  }

  async #reportChanges(signal: AbortSignal): Promise<void> {
    this.#changed.set(); // an existing node was only met, not updated
    while (!signal.aborted) {
      await this.#changed.wait(signal);
      const node = await this.#look(signal);
      if (!this.#isNews(node)) continue;
      this.#removed = false;
      await this.#options.meta.updateNodeStatus(node, signal);
      this.#remember(node);
    }
  }

  async #keepLease(signal: AbortSignal): Promise<void> {
    const { meta, clock, options, log } = this.#options;
    while (!signal.aborted) {
      await meta.renewLease(nodeLease(options, clock.now()), signal).catch((error: unknown) => {
        if (!signal.aborted) log.debug("The lease was not renewed", { error: explain(error) });
      });
      await sleep(options.leaseRenewMs ?? DEFAULT_LEASE_RENEW_MS, signal);
      this.refresh();
      this.#options.onBeat?.();
    }
    await aborted(signal);
  }

  async #look(signal: AbortSignal): Promise<Node> {
    const { runtime, directory, options, machine, notReadyReason, clock } = this.#options;
    const { addresses } = this.#options;
    if (this.#imagesStale && runtime.engine().reachable) await this.#lookAtImages(signal);
    const facts: NodeFacts = {
      options,
      addresses: addresses.current,
      machine,
      headroom: await headroom(directory),
      engine: runtime.engine(),
      scheme: runtime.scheme,
      images: this.#images,
      notReadyReason: notReadyReason(),
      before: this.#before,
      now: clock.now(),
    };
    return nodeObject(facts);
  }

  async #lookAtImages(signal: AbortSignal): Promise<void> {
    try {
      this.#images = await this.#options.runtime.images(signal);
      this.#imagesStale = false;
    } catch (error) {
      if (!(error instanceof EngineUnreachable)) throw error;
    }
  }

  #remember(node: Node): void {
    this.#reported = node;
    this.#reportedMs = this.#options.clock.monotonicMs();
    this.#before = node.status?.conditions ?? [];
  }

  /** Anything but the time of the heartbeat; that alone is told every five minutes. */
  #isNews(node: Node): boolean {
    if (this.#removed) return true;
    if (this.#options.clock.monotonicMs() - this.#reportedMs >= REPORT_MS) return true;
    return !Bun.deepEquals(withoutHeartbeat(node), withoutHeartbeat(this.#reported), true);
  }
}

function withoutHeartbeat(node: Node | undefined): Node | undefined {
  if (!node?.status) return node;
  const conditions = (node.status.conditions ?? []).map(
    ({ lastHeartbeatTime: _, ...condition }) => condition,
  );
  return { ...node, status: { ...node.status, conditions } };
}
