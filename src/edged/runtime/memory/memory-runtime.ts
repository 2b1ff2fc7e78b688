import type { ExecStream } from "#api/node-streams.ts";
import { abortReason } from "#lib/abort.ts";
import type { Clock } from "#lib/clock.ts";
import { Mailbox } from "#lib/mailbox.ts";
import { refuseOwnUsers } from "../no-user-namespaces.ts";
import { EngineUnreachable, type ExecRequest, type Runtime } from "../runtime.ts";
import type {
  ContainerSpec,
  EngineStatus,
  ExecResult,
  ImageInfo,
  LogOptions,
  PodRef,
  ProcessOptions,
  RegistryCredentials,
  RuntimeContainer,
  RuntimeEvent,
  RuntimePod,
  Sandbox,
  SandboxSpec,
} from "../types.ts";
import { MemoryProcess, type Program } from "./memory-process.ts";

const EVENT_BACKLOG = 4096;

export interface MemoryRuntimeOptions {
  readonly clock: Clock;
  /** What a command does; the pod's command and arguments, or those of an exec. */
  readonly program: (argv: readonly string[]) => Program;
}

interface MemorySandbox extends Sandbox {
  readonly pod: PodRef;
}

interface MemoryContainer {
  readonly info: RuntimeContainer;
  readonly pod: PodRef;
  readonly spec: ContainerSpec;
  readonly process: MemoryProcess | undefined;
}

/**
 * A runtime without an engine: the same promises as a real one, kept in memory, for tests of all
 * that stands on a runtime. Beyond the interface a test can end containers, hide images and lose
 * the engine.
 */
export class MemoryRuntime implements Runtime {
  readonly scheme = "memory";
  readonly #options: MemoryRuntimeOptions;
  readonly #sandboxes = new Map<string, MemorySandbox>();
  readonly #containers = new Map<string, MemoryContainer>();
  readonly #images = new Map<string, ImageInfo>();
  /** Names that a pull finds. */
  readonly #registry = new Map<string, ImageInfo>();
  readonly #watchers = new Set<Mailbox<RuntimeEvent>>();
  #engine: EngineStatus = { reachable: true, version: "memory" };
  #nextId = 1;

  constructor(options: MemoryRuntimeOptions) {
    this.#options = options;
  }

  /** Puts an image into the runtime's own store. */
  addImage(name: string, { user = "" }: { user?: string } = {}): ImageInfo {
    const id = `sha256:${name}`;
    const image = { id, names: [name], digest: id, sizeBytes: 1, user };
    this.#images.set(name, image);
    return image;
  }

  /** Makes an image pullable. */
  publishImage(name: string): void {
    const id = `sha256:${name}`;
    this.#registry.set(name, { id, names: [name], digest: id, sizeBytes: 1, user: "" });
  }

  /** Ends a container as if its program had. */
  exit(id: string, exitCode: number): void {
    this.#containers.get(id)?.process?.end(exitCode);
  }

  /** Ends a sandbox as if its first process had been killed; its containers die with it. */
  loseSandbox(id: string): void {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    this.#sandboxes.set(id, { ...sandbox, running: false });
    for (const { info, process } of this.#containers.values()) {
      if (info.sandboxId === id) process?.end(137);
    }
    this.#tell({ kind: "pod", uid: sandbox.pod.uid });
  }

  loseEngine(reason: string): void {
    this.#engine = { reachable: false, reason };
    this.#tell({ kind: "engine", status: this.#engine });
  }

  restoreEngine(): void {
    this.#engine = { reachable: true, version: "memory" };
    this.#tell({ kind: "engine", status: this.#engine });
  }

  /** What a container was made from. */
  specOf(id: string): ContainerSpec | undefined {
    return this.#containers.get(id)?.spec;
  }

  engine(): EngineStatus {
    return this.#engine;
  }

  async *events(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const box = new Mailbox<RuntimeEvent>(EVENT_BACKLOG);
    this.#watchers.add(box);
    try {
      yield { kind: "engine", status: this.#engine };
      while (!signal.aborted) yield await box.receive(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#watchers.delete(box);
    }
  }

  async list(signal: AbortSignal): Promise<readonly RuntimePod[]> {
    this.#check(signal);
    const pods = new Map<string, PodRef>();
    for (const { pod } of this.#sandboxes.values()) pods.set(pod.uid, pod);
    for (const { pod } of this.#containers.values()) pods.set(pod.uid, pod);
    return [...pods.values()].map((pod) => ({ pod, ...this.#of(pod.uid) }));
  }

  async inspect(uid: string, signal: AbortSignal): Promise<Omit<RuntimePod, "pod">> {
    this.#check(signal);
    return this.#of(uid);
  }

  async startSandbox(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
    this.#check(signal);
    refuseOwnUsers(spec);
    const { pod, attempt } = spec;
    const same = this.#of(pod.uid).sandboxes.find((known) => known.attempt === attempt);
    if (same?.running) return same;
    const createdAt = this.#options.clock.now();
    const id = `sandbox-${this.#nextId++}`;
    const sandbox = { id, attempt, running: true, pid: this.#nextId, createdAt, pod };
    this.#sandboxes.set(id, sandbox);
    this.#tell({ kind: "pod", uid: pod.uid });
    return sandbox;
  }

  async removeSandbox(id: string, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    this.loseSandbox(id);
    this.#sandboxes.delete(id);
    this.#tell({ kind: "pod", uid: sandbox.pod.uid });
  }

  async createContainer(
    sandboxId: string,
    spec: ContainerSpec,
    signal: AbortSignal,
  ): Promise<string> {
    this.#check(signal);
    const sandbox = this.#sandboxes.get(sandboxId);
    if (!sandbox?.running) throw new Error(`Sandbox ${sandboxId} does not run`);
    const { pod } = sandbox;
    const same = this.#of(pod.uid).containers.find(
      ({ name, attempt }) => name === spec.name && attempt === spec.attempt,
    );
    if (same) return same.id;
    const id = `container-${this.#nextId++}`;
    const { name, attempt, image, imageId, terminationMessageFile } = spec;
    const info: RuntimeContainer = {
      ...{ id, name, attempt, sandboxId, image, imageId },
      state: "created",
      createdAt: this.#options.clock.now(),
      exitCode: 0,
      oomKilled: false,
      ...(terminationMessageFile !== undefined && { terminationMessageFile }),
    };
    this.#containers.set(id, { info, pod, spec, process: undefined });
    this.#tell({ kind: "pod", uid: pod.uid });
    return id;
  }

  async startContainer(id: string, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    const container = this.#container(id);
    if (container.info.state !== "created") return;
    const { spec, info, pod } = container;
    const argv = [...(spec.command ?? []), ...(spec.args ?? [])];
    const process = new MemoryProcess(this.#options.program(argv), this.#options.clock);
    const startedAt = this.#options.clock.now();
    const running: RuntimeContainer = { ...info, state: "running", startedAt };
    this.#containers.set(id, { ...container, info: running, process });
    this.#tell({ kind: "pod", uid: pod.uid });
    process.onEnd((exitCode) => {
      const now = this.#containers.get(id);
      if (!now) return;
      const finishedAt = this.#options.clock.now();
      const exited: RuntimeContainer = { ...now.info, state: "exited", exitCode, finishedAt };
      this.#containers.set(id, { ...now, info: exited });
      this.#tell({ kind: "pod", uid: pod.uid });
    });
  }

  async stopContainer(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    await this.#containers.get(id)?.process?.terminate(graceMs, signal);
  }

  async removeContainer(id: string, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    const container = this.#containers.get(id);
    if (!container) return;
    this.#containers.delete(id);
    container.process?.end(137);
    this.#tell({ kind: "pod", uid: container.pod.uid });
  }

  async run(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const process = this.#spawn(id, command, signal);
    const exitCode = await process.ended(signal);
    return { exitCode, output: process.output() };
  }

  async exec(id: string, request: ExecRequest, signal: AbortSignal): Promise<ExecStream> {
    return this.#spawn(id, request.command, signal).stream(request, signal);
  }

  async attach(id: string, request: ProcessOptions, signal: AbortSignal): Promise<ExecStream> {
    this.#check(signal);
    const { process } = this.#container(id);
    if (!process) throw new Error(`Container ${id} does not run`);
    return process.stream(request, signal);
  }

  async logs(
    id: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    this.#check(signal);
    const { process } = this.#container(id);
    return process
      ? process.logs(options, signal)
      : (new Response("").body ?? new ReadableStream());
  }

  async images(signal: AbortSignal): Promise<readonly ImageInfo[]> {
    this.#check(signal);
    return [...this.#images.values()];
  }

  async image(name: string, signal: AbortSignal): Promise<ImageInfo | undefined> {
    this.#check(signal);
    return [...this.#images.values()].find(
      ({ id, names }) => id === name || names.some((known) => known === name),
    );
  }

  async pullImage(
    name: string,
    _credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<ImageInfo> {
    this.#check(signal);
    const image = this.#registry.get(name);
    if (!image) throw new Error(`pull access denied for ${name}, repository does not exist`);
    this.#images.set(name, image);
    return image;
  }

  #spawn(id: string, command: readonly string[], signal: AbortSignal): MemoryProcess {
    this.#check(signal);
    if (this.#container(id).info.state !== "running") {
      throw new Error(`Container ${id} is not running`);
    }
    return new MemoryProcess(this.#options.program(command), this.#options.clock);
  }

  #of(uid: string): Omit<RuntimePod, "pod"> {
    const sandboxes = [...this.#sandboxes.values()].filter(({ pod }) => pod.uid === uid);
    const containers = [...this.#containers.values()]
      .filter(({ pod }) => pod.uid === uid)
      .map(({ info }) => info);
    const newestFirst = (a: { attempt: number }, b: { attempt: number }) => b.attempt - a.attempt;
    return { sandboxes: sandboxes.sort(newestFirst), containers: containers.sort(newestFirst) };
  }

  #container(id: string): MemoryContainer {
    const container = this.#containers.get(id);
    if (!container) throw new Error(`No such container: ${id}`);
    return container;
  }

  #check(signal: AbortSignal): void {
    if (signal.aborted) throw abortReason(signal);
    if (!this.#engine.reachable) throw new EngineUnreachable(this.#engine.reason);
  }

  #tell(event: RuntimeEvent): void {
    for (const watcher of this.#watchers) watcher.trySend(event);
  }
}
