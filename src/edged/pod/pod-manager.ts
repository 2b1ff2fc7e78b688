import type { Pod } from "#api/object.ts";
import { aborted, sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import { entriesOf } from "#lib/entries.ts";
import { asError } from "#lib/errors.ts";
import { EngineUnreachable } from "../runtime/runtime.ts";
import type { RuntimeEvent, RuntimePod } from "../runtime/types.ts";
import type { PodContext } from "./context.ts";
import { Latch } from "./latch.ts";
import { PodRunner, refOf } from "./pod-runner.ts";
import { PodWorker } from "./pod-worker.ts";

const RETRY = { initialMs: 500, maxMs: 30_000 };
/** How long the site may take to name its pods, before what metaManager has is good enough. */
const SITE_TIMEOUT_MS = 10_000;

/**
 * All pods of the node: a worker each. Containers that run are adopted at once; those that no pod
 * asks for are removed only after the site has named all its pods.
 */
export class PodManager {
  readonly #context: PodContext;
  readonly #workers = new Map<string, PodWorker>();
  /** Where the workers live: set once the engine was seen and the network stands. */
  #life: AbortSignal | undefined;
  readonly #running = new Set<Promise<void>>();
  /** From now on whatever has no worker is nobody's. */
  #tidy = false;
  #siteHasSpoken = false;
  #siteIsLate = false;
  readonly #siteSpoke = new Latch();

  constructor(context: PodContext) {
    this.#context = context;
  }

  get workers(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  /** The worker of the pod with that UID. */
  find(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  /** A pod as the site wants it; its worker may act at once. */
  want(pod: Pod): void {
    const { uid, namespace, name } = refOf(pod);
    for (const other of this.#named(namespace, name)) if (other.uid !== uid) other.remove();
    const worker = this.#workers.get(uid);
    if (worker) worker.update(pod);
    else this.#add(pod);
    this.#workers.get(uid)?.permit();
  }

  /** A pod's object is gone; `last` is how it was, where the site said so. */
  forget(namespace: string, name: string, last: Pod | undefined): void {
    for (const worker of this.#named(namespace, name)) {
      if (last && refOf(last).uid !== worker.uid) continue;
      worker.remove(last);
    }
  }

  sourceChanged(kind: "configMaps" | "secrets", source: { namespace: string; name: string }): void {
    for (const worker of this.workers) {
      if (refOf(worker.pod).namespace === source.namespace) worker.sourceChanged(kind, source.name);
    }
  }

  /** A step of the wall clock makes tokens old, and nobody rings for it. */
  renewTokens(): void {
    for (const worker of this.workers) if (worker.tokensAreDue) worker.wake();
  }

  /** The site has named all pods of this node: whatever else runs is nobody's. */
  siteNamedAll(): void {
    this.#siteHasSpoken = true;
    this.#siteSpoke.set();
  }

  /** Runs the workers until `signal` aborts and all of them have come to rest. */
  async run(signal: AbortSignal): Promise<void> {
    const { meta, timer } = this.#context;
    for (const pod of await meta.listPods(signal)) {
      if (!this.#workers.has(refOf(pod).uid)) this.#add(pod);
    }
    const callOff = timer.after(SITE_TIMEOUT_MS, () => {
      this.#siteIsLate = true;
      this.#permitAll();
    });
    try {
      await this.#withEngine(signal, (inner) => this.#startNetwork(inner));
      this.#life = signal;
      for (const worker of this.workers) this.#launch(worker, signal);
      if (!this.#siteHasSpoken) await this.#siteSpoke.wait(signal);
      this.#permitAll();
      await this.#withEngine(signal, (inner) => this.#removeOrphans(inner));
      this.#tidy = true;
      await aborted(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      callOff();
      await Promise.all(this.#running);
    }
  }

  /** Wakes whom an event of the runtime concerns. */
  onRuntimeEvent(event: RuntimeEvent): void {
    if (event.kind === "pod") {
      const worker = this.#workers.get(event.uid);
      if (worker) worker.wake();
      else this.#removeLate(event.uid);
    } else if (event.status.reachable) for (const worker of this.workers) worker.wake();
  }

  #named(namespace: string, name: string): PodWorker[] {
    return this.workers.filter(({ pod }) => {
      const ref = refOf(pod);
      return ref.namespace === namespace && ref.name === name;
    });
  }

  #add(pod: Pod): PodWorker {
    const worker = new PodWorker(this.#context, pod);
    this.#workers.set(worker.uid, worker);
    if (this.#siteHasSpoken || this.#siteIsLate) worker.permit();
    if (this.#life) this.#launch(worker, this.#life);
    return worker;
  }

  #permitAll(): void {
    for (const worker of this.workers) worker.permit();
  }

  #launch(worker: PodWorker, signal: AbortSignal): void {
    const running = this.#keepRunning(worker, signal).finally(() => {
      this.#running.delete(running);
      if (!signal.aborted) this.#workers.delete(worker.uid);
    });
    this.#running.add(running);
  }

  /** A worker that fails is a defect of one pod's handling; it must not end the others. */
  async #keepRunning(worker: PodWorker, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY);
    while (!signal.aborted) {
      try {
        return await worker.run(signal);
      } catch (error) {
        const { namespace, name } = refOf(worker.pod);
        this.#context.log.error("A pod's worker failed and is started again", {
          pod: `${namespace}/${name}`,
          error: asError(error),
        });
      }
      await sleep(backoff.next(), signal).catch(() => undefined);
      worker.wake();
    }
  }

  async #startNetwork(signal: AbortSignal): Promise<void> {
    const { runtime, network } = this.#context;
    const running = (await runtime.list(signal)).map(({ pod }) => pod.uid);
    await network.start(new Set([...running, ...this.#workers.keys()]), signal);
  }

  async #removeOrphans(signal: AbortSignal): Promise<void> {
    const pods = await this.#context.runtime.list(signal);
    for (const { pod, containers } of pods) {
      if (this.#workers.has(pod.uid)) continue;
      this.#context.log.info("Containers that no pod asks for are removed", { ...pod });
      this.#add(remnant({ pod, containers })).remove();
    }
    for (const uid of await entriesOf(this.#context.podsDirectory)) {
      if (!this.#workers.has(uid)) await new PodRunner(this.#context, { uid }).removeFiles();
    }
  }

  /** An engine may still make what was called off when its pod went: then nobody waits for it. */
  #removeLate(uid: string): void {
    const signal = this.#life;
    if (!this.#tidy || !signal) return;
    const removing = this.#withEngine(signal, async (inner) => {
      const { containers, sandboxes } = await this.#context.runtime.inspect(uid, inner);
      if (containers.length > 0 || sandboxes.length > 0) await this.#removeOrphans(inner);
    })
      .catch((error: unknown) => {
        if (!signal.aborted)
          this.#context.log.warn("What a pod left was not removed", { uid, error: asError(error) });
      })
      .finally(() => this.#running.delete(removing));
    this.#running.add(removing);
  }

  /** Does what needs the engine, again after each time that it was not there. */
  async #withEngine(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const backoff = new Backoff(RETRY);
    for (;;) {
      try {
        return await work(signal);
      } catch (error) {
        if (!(error instanceof EngineUnreachable)) throw error;
      }
      await sleep(backoff.next(), signal);
    }
  }
}

/** A pod of which only the containers are known. */
function remnant({ pod, containers }: Omit<RuntimePod, "sandboxes">): Pod {
  const names = [...new Set(containers.map(({ name }) => name))];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...pod },
    spec: { containers: names.map((name) => ({ name })) },
  };
}
