import type { Pod, PodStatus } from "#api/object.ts";
import { allContainers, isTerminal } from "#api/pod.ts";
import { podReferences } from "#api/pod-references.ts";
import { rfc3339 } from "#lib/clock.ts";
import { asError, explain } from "#lib/errors.ts";
import type { PodRecorder } from "../events.ts";
import { Prober } from "../probe/prober.ts";
import { EngineUnreachable } from "../runtime/runtime.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import { type Action, isStart, SANDBOX_KEY, startKey } from "./action.ts";
import { mergedStatus } from "./conditions.ts";
import { idOf } from "./container-status.ts";
import type { PodContext } from "./context.ts";
import { Failures } from "./failures.ts";
import { Latch } from "./latch.ts";
import { liveSandbox, newestContainer, type Observed } from "./observed.ts";
import { endedForGood, graceMsOf, hasEnded, MIN_GRACE_MS, planPod } from "./plan.ts";
import type { Ending, PlanInput } from "./plan-input.ts";
import { PodMemory } from "./pod-memory.ts";
import { containerNamed, PodRunner, refOf } from "./pod-runner.ts";
import { podStatus } from "./pod-status.ts";
import { Tasks } from "./tasks.ts";

const VOLUMES_KEY = "volumes";
const NOTHING: Observed = { sandboxes: [], containers: [] };

/**
 * Keeps one pod as it is wanted. Level-triggered: whatever wakes it (a message, the runtime, a
 * probe, a timer), it looks at what is there, plans, starts what the plan says as tasks that run
 * beside it, and reports the status when that has changed. It ends when nothing of the pod is left.
 */
export class PodWorker {
  readonly uid: string;
  readonly #context: PodContext;
  readonly #runner: PodRunner;
  readonly #recorder: PodRecorder;
  readonly #wakeups = new Latch();
  readonly #tasks = new Tasks(() => this.wake());
  readonly #failures: Failures;
  readonly #memory: PodMemory;
  readonly #prober: Prober;
  /** When this node first saw the pod. */
  readonly #startTime: string;
  #pod: Pod;
  /** May start and stop containers; before, it only looks. */
  #permitted = false;
  /** The pod's object is gone. */
  #gone = false;
  #finished = false;
  #observed: Observed = NOTHING;
  #adopting = true;
  #reported: PodStatus | undefined;
  #callOff: () => void = () => undefined;

  constructor(context: PodContext, pod: Pod) {
    const { clock, timer, events } = context;
    this.uid = refOf(pod).uid;
    this.#context = context;
    this.#pod = pod;
    this.#startTime = pod.status?.startTime ?? rfc3339(clock.now());
    this.#recorder = events.forPod(pod);
    this.#runner = new PodRunner(context, { uid: this.uid, lastPodIP: pod.status?.podIP });
    this.#failures = new Failures(clock);
    this.#memory = new PodMemory(context, this.#runner.files);
    this.#prober = new Prober({
      clock,
      timer,
      run: ({ container, runtime }, probe, signal) =>
        this.#runner.probe(probe, { container, id: runtime.id }, signal),
      onChange: () => this.wake(),
      onFailure: ({ container }, kind, message) => {
        const title = kind.charAt(0).toUpperCase() + kind.slice(1);
        this.#recorder.warning("Unhealthy", `${title} probe failed: ${message}`, container);
      },
    });
    this.wake();
  }

  get pod(): Pod {
    return this.#pod;
  }

  get podIP(): string | undefined {
    return this.#runner.podIP;
  }

  /** What the runtime had of the pod when the worker last looked. */
  get observed(): Observed {
    return this.#observed;
  }

  /** True when a token in the pod's volumes should be a newer one. */
  get tokensAreDue(): boolean {
    return this.#tokensDueAtMs <= this.#context.clock.monotonicMs();
  }

  /** From now on containers may be started and stopped. */
  permit(): void {
    this.#permitted = true;
    this.wake();
  }

  /** The pod's object changed. */
  update(pod: Pod): void {
    // Files of the downward API show these.
    const { labels, annotations } = this.#pod.metadata ?? {};
    const shown = { labels: pod.metadata?.labels, annotations: pod.metadata?.annotations };
    if (!Bun.deepEquals({ labels, annotations }, shown)) this.#memory.volumesStale = true;
    this.#pod = pod;
    this.wake();
  }

  /** The pod's object is gone: everything of it goes too. */
  remove(last: Pod = this.#pod): void {
    this.#pod = last;
    this.#gone = true;
    this.permit();
  }

  /** A ConfigMap or Secret changed; the pod's files follow, and what failed for it is tried again. */
  sourceChanged(kind: "configMaps" | "secrets", name: string): void {
    if (!podReferences(this.#pod)[kind].includes(name)) return;
    this.#failures.retryNow();
    this.#memory.volumesStale = true;
    this.wake();
  }

  wake(): void {
    this.#wakeups.set();
  }

  /** Works until nothing of the pod is left, or `signal` aborts: then containers go on running. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!(this.#finished && this.#gone)) {
        await this.#wakeups.wait(signal);
        await this.#turn(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#callOff();
      this.#prober.stop();
      await this.#tasks.settled();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    // What ended while the runtime was asked may not show in its answer: it counts as under way,
    // and its end has already asked for another look.
    const before = this.#tasks.keys;
    try {
      this.#observed = await this.#context.runtime.inspect(this.uid, signal);
      await this.#memory.remember(this.#pod, this.#observed, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof EngineUnreachable)) throw error;
      return; // the engine's return wakes every worker
    }
    const ending = this.#ending();
    this.#probe(ending !== undefined);
    if (this.#permitted && !this.#finished) {
      this.#act({ ending, busy: before.union(this.#tasks.keys) }, signal);
    }
    await this.#report(ending, signal);
  }

  #act({ ending, busy }: Pick<PlanInput, "ending" | "busy">, signal: AbortSignal): void {
    if (ending) this.#hurry(ending);
    else this.#keepUp(signal);
    const nowMs = this.#context.clock.monotonicMs();
    const holds = latest([...this.#memory.restartHolds(this.#pod), ...this.#failures.holds()]);
    const { actions, wakeAtMs } = planPod({
      pod: this.#pod,
      observed: this.#observed,
      ending,
      busy,
      verdict: ({ id }) => this.#prober.verdict(id),
      holds,
      nowMs,
    });
    for (const action of actions) this.#begin(action, signal);
    if (!ending) this.#noteBackOff(holds, nowMs);
    const times = [wakeAtMs ?? Infinity, ...this.#failures.heldUntilMs()];
    if (!ending) times.push(this.#memory.deadlineMs(this.#pod, this.#startTime));
    // What is due already was begun, or waits for its next try.
    if (!ending && this.#tokensDueAtMs > nowMs) times.push(this.#tokensDueAtMs);
    this.#wakeAt(Math.min(...times), nowMs);
  }

  get #tokensDueAtMs(): number {
    return this.#runner.tokensDueAtMs(this.#pod);
  }

  #wakeAt(timeMs: number, nowMs: number): void {
    this.#callOff();
    this.#callOff = Number.isFinite(timeMs)
      ? this.#context.timer.after(Math.max(timeMs - nowMs, 0) + 1, () => this.wake())
      : () => undefined;
  }

  /** What is under way gives way to the end: no new containers, and no more grace than there is. */
  #hurry({ graceMs }: Ending): void {
    for (const key of this.#tasks.keys) {
      if (isStart(key) || (this.#tasks.rankOf(key) ?? 0) > graceMs)
        this.#tasks.abort(key, "The pod ends");
    }
  }

  /** A sandbox that was found running is looked up on the network; stale files are written anew. */
  #keepUp(signal: AbortSignal): void {
    const sandbox = liveSandbox(this.#observed);
    if (sandbox?.pid === undefined) return;
    const { pid } = sandbox;
    if (this.#runner.podIP === undefined) {
      this.#start(SANDBOX_KEY, signal, (inner) => this.#runner.joinNetwork(this.#pod, pid, inner));
    } else if (this.#memory.volumesStale || this.tokensAreDue) {
      this.#start(VOLUMES_KEY, signal, (inner) => this.#refreshVolumes(inner));
    }
  }

  async #refreshVolumes(signal: AbortSignal): Promise<void> {
    this.#memory.volumesStale = false;
    try {
      await this.#runner.prepareVolumes(this.#pod, signal);
    } catch (error) {
      this.#memory.volumesStale = true;
      throw error;
    }
  }

  #begin(action: Action, signal: AbortSignal): void {
    switch (action.kind) {
      case "startSandbox":
        return this.#start(action.key, signal, (inner) =>
          this.#runner.startSandbox(this.#pod, action.attempt, inner),
        );
      case "startContainer":
        return this.#beginContainer(action, signal);
      case "stopContainer":
        return this.#tasks.start({ key: action.key, rank: action.graceMs }, signal, (inner) =>
          this.#guard(action.key, inner, this.#runner.stopContainer(this.#pod, action, inner)),
        );
      case "removeContainer":
        return this.#start(action.key, signal, (inner) =>
          this.#context.runtime.removeContainer(action.id, inner),
        );
      case "removeSandbox":
        return this.#start(action.key, signal, (inner) => this.#removeSandbox(action.id, inner));
      case "finish":
        return this.#start(action.key, signal, (inner) => this.#finish(inner));
    }
  }

  #beginContainer(
    { key, container, attempt }: Action & { readonly kind: "startContainer" },
    signal: AbortSignal,
  ): void {
    const sandbox = liveSandbox(this.#observed);
    if (!sandbox || this.#runner.podIP === undefined) return;
    this.#memory.noteRestart(container.name);
    const observed = () => this.#observed;
    const order = { container, attempt, sandboxId: sandbox.id, observed, life: signal };
    this.#start(key, signal, (inner) => this.#runner.startContainer(this.#pod, order, inner));
  }

  async #removeSandbox(id: string, signal: AbortSignal): Promise<void> {
    if (liveSandbox(this.#observed)?.id === id) await this.#runner.leaveNetwork(this.#pod, signal);
    await this.#context.runtime.removeSandbox(id, signal);
  }

  async #finish(signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = refOf(this.#pod);
    await this.#runner.leaveNetwork(this.#pod, signal);
    await this.#runner.removeFiles();
    if (!this.#gone) await this.#context.meta.deletePod({ namespace, name, uid }, signal);
    this.#finished = true;
  }

  #start(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#tasks.keys.has(key) || this.#failures.isHeld(key)) return;
    this.#tasks.start({ key }, signal, (inner) => this.#guard(key, inner, work(inner)));
  }

  /** Lets a task fail without harm: its key is held for a while, and an event says why. */
  async #guard(key: string, signal: AbortSignal, work: Promise<void>): Promise<void> {
    try {
      await work;
      this.#failures.succeeded(key);
    } catch (error) {
      if (signal.aborted || error instanceof EngineUnreachable) return;
      this.#failures.failed(key, asError(error));
      const event = this.#failures.eventOf(key, asError(error));
      if (event) this.#recorder.warning(event.reason, event.message);
      this.#context.log.debug("A step for a pod failed", { key, error: explain(error) });
    }
  }

  #ending(): Ending | undefined {
    const { metadata } = this.#pod;
    const graceSeconds = metadata?.deletionGracePeriodSeconds;
    const graceMs = graceSeconds === undefined ? graceMsOf(this.#pod) : graceSeconds * 1000;
    // An object goes before its containers only by force: nobody waits for them any more.
    if (this.#gone) return { graceMs: Math.min(graceMs, MIN_GRACE_MS), removed: true };
    if (metadata?.deletionTimestamp !== undefined) return { graceMs, removed: true };
    if (isTerminal(this.#pod) || this.#memory.failure(this.#pod, this.#startTime))
      return { graceMs, removed: false };
    return undefined;
  }

  #probe(ending: boolean): void {
    const running = this.#observed.containers.filter(({ state }) => state === "running");
    this.#prober.sync(
      running.flatMap((runtime) => {
        const container = containerNamed(this.#pod, runtime.name);
        const before = this.#adopting ? this.#before(runtime) : undefined;
        return container ? [{ runtime, container, ...(before && { before }) }] : [];
      }),
    );
    this.#adopting = false;
    if (ending) this.#prober.stopRestarting();
  }

  /** What the pod's status said of a container that was running before this process was. */
  #before(runtime: RuntimeContainer): { started: boolean; ready: boolean } | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = this.#pod.status ?? {};
    const id = idOf(this.#context.runtime, runtime);
    const known = [...containerStatuses, ...initContainerStatuses].find(
      ({ containerID }) => containerID === id,
    );
    return known && { started: known.started ?? false, ready: known.ready };
  }

  /** Says once per end that a container has to wait. */
  #noteBackOff(holds: ReadonlyMap<string, number>, nowMs: number): void {
    for (const container of allContainers(this.#pod.spec)) {
      const key = startKey(container.name);
      if (this.#tasks.keys.has(key) || (holds.get(key) ?? 0) <= nowMs) continue;
      const message = this.#memory.newBackOff(this.#pod, container, this.#observed);
      if (message) this.#recorder.warning("BackOff", message, container);
    }
  }

  async #report(ending: Ending | undefined, signal: AbortSignal): Promise<void> {
    if (this.#gone || this.#finished) return;
    const status = this.#status(ending);
    // The first look is reported even when it is no news: the site keeps what the node said last.
    if (this.#reported && Bun.deepEquals(status, this.#reported, true)) return;
    const { namespace, name } = refOf(this.#pod);
    const { meta } = this.#context;
    const rejection = this.#memory.newRejection(this.#pod);
    if (rejection) this.#recorder.warning(rejection.reason, rejection.rejected);
    await meta.updatePodStatus(namespace, { UID: this.uid, Name: name, Status: status }, signal);
    this.#reported = status;
  }

  #status(ending: Ending | undefined): PodStatus {
    const { runtime, clock, addresses } = this.#context;
    // What may still come to life has not ended: the site removes a pod that has.
    const starting = [...this.#tasks.keys].some(isStart);
    const ended = ending !== undefined || hasEnded(this.#pod, this.#observed);
    const pod: Pod = this.#reported
      ? { ...this.#pod, status: mergedStatus(this.#pod.status, this.#reported) }
      : this.#pod;
    return podStatus({
      pod,
      observed: this.#observed,
      scheme: runtime.scheme,
      waiting: (name) => this.#waiting(name),
      started: ({ id }) => this.#prober.verdict(id).started,
      ready: ({ id }) => this.#prober.ready(id),
      terminationMessage: ({ id }) => this.#memory.terminationMessage(id),
      imageDigest: (id) => this.#memory.imageDigest(id),
      ending: ended && !starting,
      podIPs: this.#runner.podIPsOf(this.#pod),
      hostIPs: addresses.current,
      startTime: this.#startTime,
      failure: this.#memory.failure(this.#pod, this.#startTime),
      now: clock.now(),
    });
  }

  #waiting(name: string): { reason: string; message?: string } | undefined {
    const key = startKey(name);
    if (this.#tasks.keys.has(key)) return this.#failures.waiting(key);
    // One that could not start and is not tried again does not wait: it has ended.
    const container = containerNamed(this.#pod, name);
    if (container && endedForGood(this.#pod, this.#observed, container)) return undefined;
    const newest = newestContainer(this.#observed, name);
    const failed = this.#failures.waiting(key);
    return failed ?? (newest && this.#memory.crashLoop(this.#pod, newest));
  }
}

/** The latest time for each key. */
function latest(holds: readonly (readonly [string, number])[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const [key, untilMs] of holds) times.set(key, Math.max(times.get(key) ?? 0, untilMs));
  return times;
}
