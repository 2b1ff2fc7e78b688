import { randomBytes } from "node:crypto";
import { hostname as hostName } from "node:os";
import { join } from "node:path";
import { explain } from "#lib/errors.ts";
import type { ImageHold } from "../../image/image-store.ts";
import type { ContainerSpec, PodRef, RuntimePod, SandboxSpec } from "../types.ts";
import { stopSignalOf } from "./container-settings.ts";
import { NativeContainer } from "./native-container.ts";
import { NativeSandbox, type SandboxEvents } from "./native-sandbox.ts";
import type { NativeSite } from "./native-site.ts";
import { planContainer } from "./plan-container.ts";
import type { PodNews } from "./pod-news.ts";
import { type ContainerRecord, Records, type SandboxRecord } from "./records.ts";
import type { ContainerState } from "./shim/protocol.ts";
import { sweep } from "./sweep.ts";
import { expectOwnUsers } from "./users/expect-own-users.ts";
import { IdRanges } from "./users/id-ranges.ts";
import { idSpace } from "./users/id-space.ts";

/** The sandboxes and containers of a site: those that run, and those of which something is left. */
export class NativePods {
  readonly #site: NativeSite;
  readonly #news: PodNews;
  readonly #sandboxRecords: Records<SandboxRecord>;
  readonly #containerRecords: Records<ContainerRecord>;
  readonly #sandboxes = new Map<string, NativeSandbox>();
  readonly #containers = new Map<string, NativeContainer>();
  readonly #users = new IdRanges();

  private constructor(site: NativeSite, news: PodNews) {
    this.#site = site;
    this.#news = news;
    this.#sandboxRecords = new Records(join(site.storeDirectory, "sandboxes"));
    this.#containerRecords = new Records(join(site.storeDirectory, "containers"));
  }

  /** Finds again what an earlier process has left: what runs is adopted, what does not has ended. */
  static async load(site: NativeSite, news: PodNews, signal: AbortSignal): Promise<NativePods> {
    const pods = new NativePods(site, news);
    const states = new Map<bigint, ContainerState>();
    for (const record of await pods.#sandboxRecords.load()) {
      const sandbox = new NativeSandbox(site, record);
      pods.#sandboxes.set(record.id, sandbox);
      if (record.users) pods.#users.keep(record, record.users);
      for (const state of await sandbox.adopt(pods.#eventsOf(sandbox), signal)) {
        states.set(state.key, state);
      }
    }
    for (const record of await pods.#containerRecords.load()) {
      await pods.#adopt(record, states, signal);
    }
    const sandboxes = [...pods.#sandboxes.values()];
    await sweep(site, { sandboxes, containers: [...pods.#containers.values()] }, signal);
    return pods;
  }

  list(): readonly RuntimePod[] {
    const all = [...this.#sandboxes.values(), ...this.#containers.values()];
    const pods = new Map(all.map(({ record }) => [record.pod.uid, record.pod]));
    return [...pods.values()].map((pod) => ({ pod, ...this.inspect(pod.uid) }));
  }

  /** Everything of one pod, newest first. */
  inspect(uid: string): Omit<RuntimePod, "pod"> {
    return {
      sandboxes: newestOf(uid, this.#sandboxes).map((sandbox) => sandbox.describe()),
      containers: newestOf(uid, this.#containers).map((container) => container.describe()),
    };
  }

  container(id: string): NativeContainer | undefined {
    return this.#containers.get(id);
  }

  async startSandbox(spec: SandboxSpec, signal: AbortSignal): Promise<NativeSandbox> {
    const { pod, attempt, hostPID } = spec;
    const hostname = spec.hostNetwork ? hostName() : spec.hostname;
    const same = this.#sandboxes.values().find((one) => isAttempt(one, pod, attempt));
    if (same?.shim) return same;
    const seLinuxLevel = this.#site.confinement.podLevel(spec, this.#levels());
    const made = {
      ...{ id: newId(), pod, attempt, hostname, hostPID, createdAtMs: Date.now() },
      ...(seLinuxLevel !== undefined && { seLinuxLevel }),
    };
    if (!spec.hostUsers) expectOwnUsers(spec);
    const space = spec.hostUsers ? undefined : await idSpace(this.#site.siteId);
    const record = space ? { ...made, users: this.#users.take(made, space) } : made;
    const sandbox = new NativeSandbox(this.#site, record);
    try {
      await this.#sandboxRecords.write(record);
      await sandbox.start(spec, this.#eventsOf(sandbox), signal);
    } catch (error) {
      await this.#takeAway(sandbox, AbortSignal.timeout(CLEANING_MS));
      throw error;
    }
    this.#sandboxes.set(record.id, sandbox);
    this.#news.tell(pod.uid);
    return sandbox;
  }

  async removeSandbox(id: string, signal: AbortSignal): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    await this.#takeAway(sandbox, signal);
    this.#sandboxes.delete(id);
    this.#eventsOf(sandbox).onLost();
  }

  /** @throws with one reason when there can be no such container: then there is none. */
  async createContainer(
    sandboxId: string,
    spec: ContainerSpec,
    signal: AbortSignal,
  ): Promise<NativeContainer> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (!sandbox?.shim) throw new Error(`Sandbox ${sandboxId} does not run`);
    const { pod } = sandbox.record;
    const same = this.#containers
      .values()
      .find((one) => one.record.name === spec.name && isAttempt(one, pod, spec.attempt));
    if (same) return same;
    await this.#site.images.ensureWhole(spec.imageId, signal);
    const hold = this.#site.images.hold(spec.imageId);
    try {
      const container = await this.#make(sandbox, spec, hold);
      this.#containers.set(container.record.id, container);
      this.#news.tell(pod.uid);
      return container;
    } catch (error) {
      hold[Symbol.dispose]();
      throw error;
    }
  }

  async startContainer(id: string, signal: AbortSignal): Promise<void> {
    const container = this.#containers.get(id);
    if (!container) throw new Error(`There is no container ${id}`);
    try {
      await container.start(signal);
    } finally {
      this.#news.tell(container.record.pod.uid);
    }
  }

  async removeContainer(id: string, signal: AbortSignal): Promise<void> {
    const container = this.#containers.get(id);
    if (!container) return;
    await container.remove(signal);
    this.#containers.delete(id);
    this.#news.tell(container.record.pod.uid);
  }

  async #make(
    sandbox: NativeSandbox,
    spec: ContainerSpec,
    hold: ImageHold,
  ): Promise<NativeContainer> {
    const id = newId();
    const plan = await planContainer(this.#site, {
      ...{ spec, sandbox: sandbox.record, image: hold.image },
      directory: this.#containerRecords.directoryOf(id),
      cgroupFiles: sandbox.containerCgroup(id).joinFiles,
      sharedMemory: sandbox.sharedMemory,
      hostnameFile: sandbox.hostnameFile,
    });
    const { pod } = sandbox.record;
    const stopSignal = stopSignalOf(hold.image.config);
    const record = recordOf(spec, { id, sandboxId: sandbox.record.id, pod, stopSignal });
    try {
      await this.#containerRecords.write(record);
    } catch (error) {
      await this.#containerRecords.remove(id);
      throw error;
    }
    const order = { spec, plan };
    return new NativeContainer({ record, records: this.#containerRecords, sandbox, hold, order });
  }

  /** Of all pods. */
  #levels(): ReadonlySet<string> {
    return new Set(
      [...this.#sandboxes.values()].flatMap(({ record }) => record.seLinuxLevel ?? []),
    );
  }

  async #takeAway(sandbox: NativeSandbox, signal: AbortSignal): Promise<void> {
    await sandbox.remove(signal);
    await this.#sandboxRecords.remove(sandbox.record.id);
    this.#users.release(sandbox.record);
  }

  #eventsOf(sandbox: NativeSandbox): SandboxEvents {
    const { id, pod } = sandbox.record;
    const own = () => this.#containers.values().filter(({ record }) => record.sandboxId === id);
    return {
      onExit: ({ key, exit }) => {
        const container = own().find((one) => one.key === key);
        const over = exit && container ? container.exited(exit) : Promise.resolve();
        over
          .catch((error: unknown) => {
            const what = { container: container?.record.name, pod: pod.name };
            this.#site.log.error("Cannot end what a container has left behind", {
              ...what,
              error: explain(error),
            });
          })
          .finally(() => this.#news.tell(pod.uid));
      },
      onLost: () => {
        for (const container of own()) if (container.process) container.lost();
        this.#news.tell(pod.uid);
      },
    };
  }

  async #adopt(
    record: ContainerRecord,
    states: ReadonlyMap<bigint, ContainerState>,
    signal: AbortSignal,
  ): Promise<void> {
    const sandbox =
      this.#sandboxes.get(record.sandboxId) ?? new NativeSandbox(this.#site, lostSandbox(record));
    const hold = this.#site.images.find(record.imageId) && this.#site.images.hold(record.imageId);
    const records = this.#containerRecords;
    const container = new NativeContainer({ record, records, sandbox, hold });
    if (await container.adopt(states)) this.#containers.set(record.id, container);
    else await container.remove(signal);
  }
}

/** How long it may take to take back what was made in vain. */
const CLEANING_MS = 10_000;

interface Recorded {
  readonly record: { readonly pod: PodRef; readonly attempt: number };
}

function newestOf<T extends Recorded>(uid: string, all: ReadonlyMap<string, T>): T[] {
  return [...all.values()]
    .filter(({ record }) => record.pod.uid === uid)
    .toSorted((a, b) => b.record.attempt - a.record.attempt);
}

function isAttempt({ record }: Recorded, pod: PodRef, attempt: number): boolean {
  return record.pod.uid === pod.uid && record.attempt === attempt;
}

/** The sandbox of a container that outlived its record. */
function lostSandbox({ sandboxId, pod }: ContainerRecord): SandboxRecord {
  return { id: sandboxId, pod, attempt: 0, hostname: "", hostPID: false, createdAtMs: 0 };
}

function recordOf(
  spec: ContainerSpec,
  home: Pick<ContainerRecord, "id" | "sandboxId" | "pod" | "stopSignal">,
): ContainerRecord {
  const { name, attempt, image, imageId, tty, stdin, stdinOnce, terminationMessageFile } = spec;
  return {
    ...home,
    ...{ name, attempt, image, imageId, tty, stdin, stdinOnce },
    oomScoreAdj: spec.resources.oomScoreAdj,
    createdAtMs: Date.now(),
    ...(terminationMessageFile !== undefined && { terminationMessageFile }),
  };
}

/** 64 hexadecimal digits, as all runtimes name their things. */
function newId(): string {
  return randomBytes(32).toString("hex");
}
