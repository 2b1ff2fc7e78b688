import { isDeepStrictEqual } from "node:util";
import { type Binding, type Node, nameOf, namespaceOf, objectKey, type Pod } from "#api/object.ts";
import { isTerminal, podCondition } from "#api/pod.ts";
import { NODES, PODS } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { withCondition } from "#client/conditions.ts";
import { createController } from "#client/controller.ts";
import type { EventRecorder } from "#client/events.ts";
import type { Informer, InformerFactory } from "#client/informer.ts";
import { WorkQueue } from "#client/workqueue.ts";
import { abortable } from "#lib/abort.ts";
import { type Clock, rfc3339 } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import { refusals, unschedulableMessage } from "./filters.ts";
import { Ledger } from "./ledger.ts";
import { bestOf } from "./scores.ts";

export interface SchedulerOptions {
  /** The API as the scheduler's own user. */
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly events: EventRecorder;
  readonly log: Logger;
  readonly clock: Clock;
  readonly timer?: Timer;
}

const NAME = "default-scheduler";

/** What a supervisor lends a module; the bus's `Scope` is one. */
interface Scope {
  readonly signal: AbortSignal;
  ready(): void;
}

/** Gives every pod without a node one, or says why none will do. */
export function createScheduler(options: SchedulerOptions) {
  return {
    name: "scheduler",
    /** Ready once its caches are filled. */
    async run({ signal, ready }: Scope): Promise<void> {
      const controller = createSchedulingController(options);
      const running = controller.run(signal);
      await abortable(controller.synced, signal).then(ready, (error: unknown) => {
        if (!signal.aborted) throw error;
      });
      await running;
    },
  };
}

function createSchedulingController(options: SchedulerOptions) {
  const { informers, log, clock, timer } = options;
  const pods = informers.informer(PODS);
  const nodes = informers.informer(NODES);
  const queue = new WorkQueue({ clock, ...(timer && { timer }) });
  const ledger = new Ledger();
  const rounds = new Scheduling(options, { nodes, ledger });
  const retry = (): void => {
    for (const key of rounds.takeUnschedulable()) queue.add(key);
  };
  const seen = (pod: Pod): void => {
    ledger.put(pod);
    if (isWaiting(pod)) queue.add(objectKey(pod));
  };
  const removals = [
    pods.addHandler({
      added: seen,
      updated(next, previous) {
        if (isWaiting(next) && !asksAnew(next, previous)) return;
        seen(next);
        if (isTerminal(next) && !isTerminal(previous)) retry();
      },
      deleted(last) {
        ledger.remove(last);
        if (last.spec?.nodeName) retry();
      },
    }),
    nodes.addHandler({
      added: retry,
      updated(next, previous) {
        if (!isDeepStrictEqual(roomOf(next), roomOf(previous))) retry();
      },
      deleted: retry,
    }),
  ];
  return createController({
    name: "scheduler",
    async reconcile(key) {
      const pod = pods.get(key);
      if (pod && isWaiting(pod)) await rounds.schedule(pod);
      else rounds.forget(key);
      return undefined;
    },
    queue,
    log,
    synced: [pods.synced, nodes.synced],
    removals,
  });
}

/** True for pods that are ours to place. */
function isWaiting(pod: Pod): boolean {
  const { nodeName, schedulerName = NAME, schedulingGates = [] } = pod.spec ?? {};
  if (nodeName || schedulerName !== NAME || schedulingGates.length > 0) return false;
  return pod.metadata?.deletionTimestamp === undefined && !isTerminal(pod);
}

/** Our own word that a pod found no node is no reason to look again. */
function asksAnew(next: Pod, previous: Pod): boolean {
  return !(
    isWaiting(previous) &&
    isDeepStrictEqual(next.spec, previous.spec) &&
    isDeepStrictEqual(next.metadata?.labels, previous.metadata?.labels)
  );
}

/** What of a node decides whether pods can go there; heartbeats do not. */
function roomOf({ spec, status, metadata }: Node) {
  return { spec, allocatable: status?.allocatable, labels: metadata?.labels };
}

class Scheduling {
  readonly #options: SchedulerOptions;
  readonly #nodes: Informer<Node>;
  readonly #ledger: Ledger;
  /** Keys of pods that no node would take; they wait for a change of the nodes. */
  readonly #unschedulable = new Set<string>();

  constructor(
    options: SchedulerOptions,
    { nodes, ledger }: { readonly nodes: Informer<Node>; readonly ledger: Ledger },
  ) {
    this.#options = options;
    this.#nodes = nodes;
    this.#ledger = ledger;
  }

  takeUnschedulable(): string[] {
    const keys = [...this.#unschedulable];
    this.#unschedulable.clear();
    return keys;
  }

  forget(key: string): void {
    this.#unschedulable.delete(key);
  }

  async schedule(pod: Pod): Promise<void> {
    const key = objectKey(pod);
    this.#unschedulable.delete(key);
    const candidates = this.#nodes
      .list()
      .map((node) => ({ node, account: this.#ledger.account(nameOf(node)) }));
    const refused = candidates.map((candidate) => refusals(pod, candidate));
    const fitting = candidates.filter((_candidate, index) => refused[index]?.length === 0);
    const best = bestOf(pod, fitting);
    if (best) {
      await this.#bind(pod, nameOf(best.node));
      return;
    }
    // Noted before it is said: what changes meanwhile must find it.
    this.#unschedulable.add(key);
    await this.#refuse(pod, unschedulableMessage(refused));
  }

  async #bind(pod: Pod, node: string): Promise<void> {
    const { client, events, log } = this.#options;
    const [namespace, name] = [namespaceOf(pod), nameOf(pod)];
    const uid = pod.metadata?.uid;
    const binding: Binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace, ...(uid !== undefined && { uid }) },
      target: { apiVersion: "v1", kind: "Node", name: node },
    };
    this.#ledger.assume(pod, node);
    try {
      await client.createSubresource(PODS, { namespace, name, subresource: "binding" }, binding);
    } catch (error) {
      this.#ledger.remove(pod);
      // Gone, or bound by somebody else.
      if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) {
        log.debug("A pod was no longer there to be bound", { pod: objectKey(pod), error });
        return;
      }
      throw error;
    }
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    events.event(pod, { type: "Normal", reason: "Scheduled", message });
  }

  async #refuse(pod: Pod, message: string): Promise<void> {
    const { client, clock, events } = this.#options;
    events.event(pod, { type: "Warning", reason: "FailedScheduling", message });
    if (podCondition(pod, "PodScheduled")?.message === message) return;
    const conditions = withCondition(pod.status?.conditions ?? [], {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastTransitionTime: rfc3339(clock.now()),
    });
    try {
      await client.updateStatus(PODS, { ...pod, status: { ...pod.status, conditions } });
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
    }
  }
}
