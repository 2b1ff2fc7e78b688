import type { ExecStream } from "#api/node-streams.ts";
import { sleep } from "#lib/abort.ts";
import { explain } from "#lib/errors.ts";
import { streamOf } from "#lib/stream-of.ts";
import { EngineUnreachable, type ExecRequest, type Runtime } from "../runtime.ts";
import type {
  ContainerSpec,
  EngineStatus,
  ExecResult,
  ImageInfo,
  LogOptions,
  ProcessOptions,
  RegistryCredentials,
  RuntimeEvent,
  RuntimePod,
  Sandbox,
  SandboxSpec,
} from "../types.ts";
import { attachTo } from "./attach.ts";
import { LogFiles } from "./log/log-files.ts";
import { openLog } from "./log/read-log.ts";
import type { NativeContainer } from "./native-container.ts";
import { NativePods } from "./native-pods.ts";
import { type NativePlaces, openSite } from "./open-site.ts";
import { PodNews } from "./pod-news.ts";
import { Sessions } from "./session.ts";

/** How often a host that cannot run containers is looked at again: somebody may mount its cgroups. */
const LOOK_AGAIN_MS = 10_000;

export interface NativeRuntimeOptions extends NativePlaces {
  /** What the node says that it runs containers with. */
  readonly version: string;
}

/**
 * Pods without an engine: this process makes the containers itself. A shim per pod is their parent,
 * so that they outlive this process and are found again by the next.
 */
export function createNativeRuntime(options: NativeRuntimeOptions): Runtime {
  return new NativeRuntime(options);
}

/** What there is once the host has been found fit. */
interface Opened {
  readonly pods: NativePods;
  readonly sessions: Sessions;
}

class NativeRuntime implements Runtime {
  readonly scheme = "native";
  readonly #options: NativeRuntimeOptions;
  readonly #news = new PodNews();
  #opening: Promise<Opened> | undefined;
  #status: EngineStatus = { reachable: false, reason: "The runtime was not started yet" };

  constructor(options: NativeRuntimeOptions) {
    this.#options = options;
  }

  engine(): EngineStatus {
    return this.#status;
  }

  async *events(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    // Watched before anything is looked at, so that nothing happens unseen between the two.
    const changes = this.#news.watch(signal);
    while (!(await this.#isOpen(signal))) {
      yield { kind: "engine", status: this.#status };
      await sleep(LOOK_AGAIN_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
    yield { kind: "engine", status: this.#status };
    for await (const uid of changes) yield { kind: "pod", uid };
  }

  async list(signal: AbortSignal): Promise<readonly RuntimePod[]> {
    return (await this.#open(signal)).pods.list();
  }

  async inspect(uid: string, signal: AbortSignal): Promise<Omit<RuntimePod, "pod">> {
    return (await this.#open(signal)).pods.inspect(uid);
  }

  async startSandbox(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
    const { pods } = await this.#open(signal);
    return (await pods.startSandbox(spec, signal)).describe();
  }

  async removeSandbox(id: string, signal: AbortSignal): Promise<void> {
    await (await this.#open(signal)).pods.removeSandbox(id, signal);
  }

  async createContainer(
    sandboxId: string,
    spec: ContainerSpec,
    signal: AbortSignal,
  ): Promise<string> {
    const { pods } = await this.#open(signal);
    return (await pods.createContainer(sandboxId, spec, signal)).record.id;
  }

  async startContainer(id: string, signal: AbortSignal): Promise<void> {
    await (await this.#open(signal)).pods.startContainer(id, signal);
  }

  async stopContainer(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    await (await this.#open(signal)).pods.container(id)?.stop(graceMs, signal);
  }

  async removeContainer(id: string, signal: AbortSignal): Promise<void> {
    await (await this.#open(signal)).pods.removeContainer(id, signal);
  }

  async run(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const { sessions, pods } = await this.#open(signal);
    return sessions.run(known(pods, id), command, signal);
  }

  async exec(id: string, request: ExecRequest, signal: AbortSignal): Promise<ExecStream> {
    const { sessions, pods } = await this.#open(signal);
    return sessions.open(known(pods, id), request, signal);
  }

  async attach(id: string, request: ProcessOptions, signal: AbortSignal): Promise<ExecStream> {
    const { pods } = await this.#open(signal);
    return attachTo(known(pods, id), request, signal);
  }

  async logs(
    id: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const { pods } = await this.#open(signal);
    const { directory, ended } = known(pods, id);
    return streamOf(openLog({ log: new LogFiles(directory), ended }, options, signal));
  }

  async images(signal: AbortSignal): Promise<readonly ImageInfo[]> {
    signal.throwIfAborted();
    return this.#options.images.list();
  }

  async image(name: string, signal: AbortSignal): Promise<ImageInfo | undefined> {
    signal.throwIfAborted();
    return this.#options.images.find(name);
  }

  pullImage(
    name: string,
    credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<ImageInfo> {
    return this.#options.images.pull(name, credentials ? { credentials } : {}, signal);
  }

  async #isOpen(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#open(signal);
      return true;
    } catch (error) {
      if (error instanceof EngineUnreachable || signal.aborted) return false;
      throw error;
    }
  }

  /** Gets the host ready and finds what runs, once; where that fails the next call tries again. */
  async #open(signal: AbortSignal): Promise<Opened> {
    signal.throwIfAborted();
    this.#opening ??= this.#begin(signal);
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      if (signal.aborted) throw error;
      const reason = `Cannot run containers here: ${explain(error)}`;
      this.#status = { reachable: false, reason };
      throw new EngineUnreachable(reason, { cause: error });
    }
  }

  async #begin(signal: AbortSignal): Promise<Opened> {
    const site = await openSite(this.#options, signal);
    const pods = await NativePods.load(site, this.#news, signal);
    this.#status = { reachable: true, version: this.#options.version };
    return { pods, sessions: new Sessions(site) };
  }
}

function known(pods: NativePods, id: string): NativeContainer {
  const container = pods.container(id);
  if (!container) throw new Error(`There is no container ${id}`);
  return container;
}
