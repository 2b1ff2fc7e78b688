import { isDeepStrictEqual } from "node:util";
import { type Binding, type Node, nameOf, namespaceOf, objectKey, type Pod } from "#api/object.ts";
import { isTerminal, podCondition } from "#api/pod.ts";
import { NODES, PODS } from "#api/resources.ts";
import { hasReason, unlessNotFound } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { withCondition } from "#client/conditions.ts";
import { createController } from "#client/controller.ts";
import { disrupt } from "#client/disruption.ts";
import type { EventRecorder } from "#client/events.ts";
import type { Informer, InformerFactory } from "#client/informer.ts";
import { indexByNode, podsOn } from "#client/pods-by-node.ts";
import { WorkQueue } from "#client/workqueue.ts";
import { abortable } from "#lib/abort.ts";
import { type Clock, rfc3339 } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import { refusals, unschedulableMessage } from "./filters.ts";
import { joined, Ledger } from "./ledger.ts";
import { awaitsVictims, preemptionFor, priorityOf } from "./preemption.ts";
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
  indexByNode(pods);
  const rounds = new Scheduling(options, { pods, nodes, ledger });
  const retry = (): void => {
    for (const key of rounds.takeUnschedulable()) queue.add(key);
  };
  const seen = (pod: Pod): void => {
    ledger.put(pod);
    rounds.remember(pod);
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
        rounds.forget(objectKey(last));
        if (last.spec?.nodeName || last.status?.nominatedNodeName) retry();
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

interface SchedulingCaches {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly ledger: Ledger;
}

class Scheduling {
  readonly #options: SchedulerOptions;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #ledger: Ledger;
  /** Keys of pods that no node would take; they wait for a change of the nodes. */
  readonly #unschedulable = new Set<string>();
  /** Key of a pod that waits for others to go → itself, and the node where it gets their room. */
  readonly #nominated = new Map<string, { readonly pod: Pod; readonly node: string }>();

  constructor(options: SchedulerOptions, { pods, nodes, ledger }: SchedulingCaches) {
    this.#options = options;
    this.#pods = pods;
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
    this.#nominated.delete(key);
  }

  /** Keeps the room that a pod was promised, by an earlier run too, for as long as it waits. */
  remember(pod: Pod): void {
    const node = pod.status?.nominatedNodeName;
    if (!isWaiting(pod)) this.#nominated.delete(objectKey(pod));
    else if (node) this.#nominated.set(objectKey(pod), { pod, node });
  }

  async schedule(pod: Pod): Promise<void> {
    const key = objectKey(pod);
    this.#unschedulable.delete(key);
    const candidates = this.#nodes.list().map((node) => ({
      node,
      account: this.#rivals(pod, node).reduce(joined, this.#ledger.account(nameOf(node))),
    }));
    const refused = candidates.map((candidate) => refusals(pod, candidate));
    const fitting = candidates.filter((_candidate, index) => refused[index]?.length === 0);
    const best = bestOf(pod, fitting);
    if (best) {
      await this.#bind(pod, nameOf(best.node));
      return;
    }
    // Noted before it is said: what changes meanwhile must find it.
    this.#unschedulable.add(key);
    const node = await this.#preempt(pod);
    await this.#refuse(pod, unschedulableMessage(refused), node);
  }

  /** Others that a node is reserved for and that give way to nobody like this pod. */
  #rivals(pod: Pod, node: Node): Pod[] {
    return [...this.#nominated.values()]
      .filter((one) => one.node === nameOf(node) && one.pod.metadata?.uid !== pod.metadata?.uid)
      .map((one) => one.pod)
      .filter((one) => priorityOf(one) >= priorityOf(pod));
  }

  /** Makes room for a pod where others matter less; the node where it will be. */
  async #preempt(pod: Pod): Promise<string | undefined> {
    const places = this.#nodes.list().map((node) => {
      const name = nameOf(node);
      const here = podsOn(this.#pods, name).filter((one) => !isTerminal(one));
      const coming = this.#ledger.assumedOn(name);
      return { node, pods: [...here, ...coming, ...this.#rivals(pod, node)] };
    });
    if (awaitsVictims(pod, places)) return pod.status?.nominatedNodeName;
    const found = preemptionFor(pod, places);
    if (found === undefined) {
      this.#nominated.delete(objectKey(pod));
      return undefined;
    }
    // Reserved before anybody goes: who is looked at meanwhile must not take the room.
    this.#nominated.set(objectKey(pod), { pod, node: found.node });
    for (const victim of found.victims) await this.#evict(victim, pod, found.node);
    return found.node;
  }

  async #evict(victim: Pod, pod: Pod, node: string): Promise<void> {
    if (victim.metadata?.deletionTimestamp !== undefined) return;
    const { client, clock, events } = this.#options;
    const isGone = !(await disrupt(client, victim, {
      reason: "PreemptionByScheduler",
      message: `${NAME}: preempting to accommodate a higher priority pod`,
      now: clock.now(),
    }));
    if (isGone) return;
    const message = `Preempted by pod ${pod.metadata?.uid} on node ${node}`;
    events.event(victim, { type: "Normal", reason: "Preempted", message });
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
    this.#nominated.delete(objectKey(pod));
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

  async #refuse(pod: Pod, message: string, node: string | undefined): Promise<void> {
    const { client, clock, events } = this.#options;
    events.event(pod, { type: "Warning", reason: "FailedScheduling", message });
    const { nominatedNodeName, ...status } = pod.status ?? {};
    const isSaid = podCondition(pod, "PodScheduled")?.message === message;
    if (isSaid && nominatedNodeName === node) return;
    const conditions = withCondition(pod.status?.conditions ?? [], {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastTransitionTime: rfc3339(clock.now()),
    });
    const promise = node !== undefined && { nominatedNodeName: node };
    const next = { ...pod, status: { ...status, ...promise, conditions } };
    await client.updateStatus(PODS, next).catch(unlessNotFound);
  }
}
