import type { Container, Pod } from "#api/object.ts";
import { allContainers } from "#api/pod.ts";
import type { Clock } from "#lib/clock.ts";
import { formatPod } from "../container/security.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import { startKey } from "./action.ts";
import { type NodeAbilities, type Refusal, type Rejection, rejectionOf } from "./admission.ts";
import type { Waiting } from "./container-status.ts";
import type { PodContext } from "./context.ts";
import { newestContainer, type Observed } from "./observed.ts";
import { restartPolicyOf, restarts } from "./plan.ts";
import type { PodFiles } from "./pod-files.ts";
import { RestartBackoff } from "./restart-backoff.ts";

const FALLBACK_LINES = 80;
const FALLBACK_CHARS = 2048;

interface Ended {
  readonly container: RuntimeContainer;
  /** Monotonic. */
  readonly endedMs: number;
  readonly message: string;
}

/** What a worker must keep in mind of its pod between two looks at the runtime. */
export class PodMemory {
  /** An object that the volumes show has changed. */
  volumesStale = false;
  readonly #clock: Clock;
  readonly #runtime: Runtime;
  readonly #abilities: NodeAbilities;
  readonly #files: PodFiles;
  readonly #restarts = new RestartBackoff();
  readonly #ended = new Map<string, Ended>();
  readonly #digests = new Map<string, string>();
  readonly #toldBackOff = new Set<string>();
  #toldRejection = false;
  /** When the pod started, monotonic. */
  #startedMs: number | undefined;
  #observed: Observed = { sandboxes: [], containers: [] };

  constructor(
    { clock, runtime, abilities }: Pick<PodContext, "clock" | "runtime" | "abilities">,
    files: PodFiles,
  ) {
    this.#clock = clock;
    this.#runtime = runtime;
    this.#abilities = abilities;
    this.#files = files;
  }

  /** Takes note of what is new: who ended when and with which words, which images are used. */
  async remember(pod: Pod, observed: Observed, signal: AbortSignal): Promise<void> {
    this.#observed = observed;
    const ids = new Set(observed.containers.map(({ id }) => id));
    for (const id of this.#ended.keys()) if (!ids.has(id)) this.#ended.delete(id);
    for (const id of this.#toldBackOff) if (!ids.has(id)) this.#toldBackOff.delete(id);
    for (const container of observed.containers) {
      if (container.state === "exited" && !this.#ended.has(container.id)) {
        const message = await this.#lastWords(pod, container, signal);
        this.#ended.set(container.id, {
          container,
          endedMs: this.#monotonicEnd(container),
          message,
        });
      }
      if (!this.#digests.has(container.imageId)) {
        const image = await this.#runtime.image(container.imageId, signal);
        this.#digests.set(container.imageId, image?.digest ?? container.imageId);
      }
    }
  }

  terminationMessage(id: string): string | undefined {
    return this.#ended.get(id)?.message;
  }

  imageDigest(imageId: string): string | undefined {
    return this.#digests.get(imageId);
  }

  /** Until when each container that ended must wait before it is started again. */
  restartHolds(pod: Pod): [string, number][] {
    return allContainers(pod.spec).flatMap(({ name }) => {
      const newest = newestContainer(this.#observed, name);
      const ended = newest && this.#ended.get(newest.id);
      return ended ? [[startKey(name), this.#restarts.heldUntilMs(name, ended.endedMs)]] : [];
    });
  }

  noteRestart(name: string): void {
    const newest = newestContainer(this.#observed, name);
    const ended = newest && this.#ended.get(newest.id);
    if (!ended) return;
    const nowMs = this.#clock.monotonicMs();
    this.#restarts.restarted(name, { endedMs: ended.endedMs, nowMs });
  }

  /** The waiting state of a container that is held back, `CrashLoopBackOff`. */
  crashLoop(pod: Pod, newest: RuntimeContainer): Waiting | undefined {
    const ended = this.#ended.get(newest.id);
    const { name } = newest;
    if (!ended || !restarts(restartPolicyOf(pod, name), newest)) return undefined;
    if (this.#restarts.heldUntilMs(name, ended.endedMs) <= this.#clock.monotonicMs()) {
      return undefined;
    }
    const delay = goSeconds(this.#restarts.delayMs(name));
    const message = `back-off ${delay} restarting failed container=${name} pod=${formatPod(pod)}`;
    return { reason: "CrashLoopBackOff", message };
  }

  /** The words for the event when a container is held back, once for each of its ends. */
  newBackOff(pod: Pod, { name }: Container, observed: Observed): string | undefined {
    const newest = newestContainer(observed, name);
    if (!newest || this.#toldBackOff.has(newest.id) || !this.crashLoop(pod, newest))
      return undefined;
    this.#toldBackOff.add(newest.id);
    return `Back-off restarting failed container ${name} in pod ${formatPod(pod)}`;
  }

  /** That the node does not take the pod, once. */
  newRejection(pod: Pod): Rejection | undefined {
    const rejection = this.#toldRejection ? undefined : rejectionOf(pod, this.#abilities);
    this.#toldRejection ||= rejection !== undefined;
    return rejection;
  }

  /** When the pod's active deadline is reached, monotonic; Infinity without one. */
  deadlineMs({ spec }: Pod, startTime: string): number {
    const seconds = spec?.activeDeadlineSeconds;
    if (seconds === undefined) return Number.POSITIVE_INFINITY;
    // Asked of the wall clock once: its later steps end no pod.
    this.#startedMs ??=
      this.#clock.monotonicMs() - (this.#clock.now().getTime() - Date.parse(startTime));
    return this.#startedMs + seconds * 1000;
  }

  /** Why the node itself ends the pod, or does not begin it. */
  failure(pod: Pod, startTime: string): Refusal | Rejection | undefined {
    const rejection = rejectionOf(pod, this.#abilities);
    if (rejection) return rejection;
    if (this.deadlineMs(pod, startTime) > this.#clock.monotonicMs()) return undefined;
    return {
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    };
  }

  /** The wall clock may have stepped since: an end is never in the future. */
  #monotonicEnd({ finishedAt }: RuntimeContainer): number {
    const nowMs = this.#clock.monotonicMs();
    if (!finishedAt) return nowMs;
    return nowMs - Math.max(this.#clock.now().getTime() - finishedAt.getTime(), 0);
  }

  /** What the container wrote for this; else why the engine failed, or the end of its log. */
  async #lastWords(pod: Pod, container: RuntimeContainer, signal: AbortSignal): Promise<string> {
    const written = await this.#files.terminationMessage(container);
    if (written !== "") return written;
    if (container.error !== undefined) return container.error.slice(0, FALLBACK_CHARS);
    const spec = allContainers(pod.spec).find(({ name }) => name === container.name);
    const wanted = spec?.terminationMessagePolicy === "FallbackToLogsOnError";
    if (!wanted || container.exitCode === 0) return "";
    const options = { follow: false, timestamps: false, tailLines: FALLBACK_LINES };
    const log = await this.#runtime.logs(container.id, options, signal);
    return (await new Response(log).text()).slice(-FALLBACK_CHARS);
  }
}

/** Whole seconds as Go prints them: `10s`, `1m20s`, `5m0s`. */
function goSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
