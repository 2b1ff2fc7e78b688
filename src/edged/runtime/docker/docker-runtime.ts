import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import type { ExecStream, TerminalSize } from "#api/node-streams.ts";
import { explain, must } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import type { Arch } from "#linux/syscalls.ts";
import { LinkedSignal } from "../../linked-signal.ts";
import { lowestOomScore } from "../lowest-oom-score.ts";
import { refuseOwnUsers } from "../no-user-namespaces.ts";
import { EngineUnreachable, type ExecRequest, type Runtime } from "../runtime.ts";
import type {
  ContainerSpec,
  EngineStatus,
  ExecResult,
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
import { cgroupParent } from "./cgroup-parent.ts";
import { containerOf, sandboxOf } from "./describe.ts";
import {
  Engine,
  type EngineAddress,
  refusal,
  statusCode,
  unless,
  unlessMissing,
} from "./engine.ts";
import {
  type ContainerSurroundings,
  containerOptions,
  type EngineFacts,
  sandboxOptions,
} from "./host-config.ts";
import { DockerImages } from "./images.ts";
import { label, podOf, SANDBOX_TYPE } from "./labels.ts";
import { openLogs } from "./logs.ts";
import { duplex } from "./node-stream.ts";
import { processStream } from "./process-stream.ts";
import { runToEnd } from "./run.ts";
import { watch } from "./watch.ts";

const PAUSE_IMAGE = "edgesite/pause:1";
const NO_LIVE_RESTORE =
  "The Docker Engine runs without live-restore: containers end when it is restarted";

export interface DockerRuntimeOptions {
  readonly address: EngineAddress;
  /** Marks what is ours; nothing else is listed or touched. */
  readonly siteId: string;
  readonly arch: Arch;
  readonly log: Logger;
  /** k3s' registries.yaml, which the engine does not read. Absent: there is none. */
  readonly registriesFile?: string;
}

/** Pods on a Docker Engine: a pause container holds each pod's namespaces, its containers join them. */
export function createDockerRuntime(options: DockerRuntimeOptions): Runtime {
  return new DockerRuntime(options);
}

class DockerRuntime implements Runtime {
  readonly scheme = "docker";
  readonly #siteId: string;
  readonly #arch: Arch;
  readonly #log: Logger;
  readonly #engine: Engine;
  readonly #images: DockerImages;
  #status: EngineStatus = { reachable: false, reason: "The Docker Engine was not asked yet" };
  #facts: EngineFacts | undefined;

  constructor({ address, siteId, arch, log, registriesFile }: DockerRuntimeOptions) {
    this.#siteId = siteId;
    this.#arch = arch;
    this.#log = log;
    this.#engine = new Engine(address);
    this.#images = new DockerImages(this.#engine, registriesFile);
  }

  engine(): EngineStatus {
    return this.#status;
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const watched = {
      engine: this.#engine,
      siteId: this.#siteId,
      connect: (inner: AbortSignal) => this.#connect(inner),
      onStatus: (status: EngineStatus) => {
        this.#status = status;
      },
    };
    return watch(watched, signal);
  }

  async list(signal: AbortSignal): Promise<readonly RuntimePod[]> {
    const pods = new Map<string, { pod: PodRef; all: ContainerInspectInfo[] }>();
    for (const info of await this.#inspectAll([], signal)) {
      const pod = podOf(info.Config.Labels);
      const known = pods.get(pod.uid) ?? { pod, all: [] };
      known.all.push(info);
      pods.set(pod.uid, known);
    }
    return [...pods.values()].map(({ pod, all }) => ({ pod, ...split(all) }));
  }

  async inspect(uid: string, signal: AbortSignal): Promise<Omit<RuntimePod, "pod">> {
    return split(await this.#inspectAll([`${label.podUid}=${uid}`], signal));
  }

  async startSandbox(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
    refuseOwnUsers(spec);
    const facts = await this.#engineFacts(signal);
    await this.#images.ensurePause(PAUSE_IMAGE, this.#arch, signal);
    const around = { ...facts, siteId: this.#siteId, pauseImage: PAUSE_IMAGE };
    const id = await this.#create(sandboxOptions(spec, around), signal);
    try {
      await this.startContainer(id, signal);
      return sandboxOf(must(await this.#inspectOne(id, signal), "the sandbox just started"));
    } catch (error) {
      await this.removeSandbox(id, signal).catch((cause: unknown) =>
        this.#log.warn("A sandbox that failed to start stays behind", { id, error: cause }),
      );
      throw error;
    }
  }

  removeSandbox(id: string, signal: AbortSignal): Promise<void> {
    return this.removeContainer(id, signal);
  }

  async createContainer(
    sandboxId: string,
    spec: ContainerSpec,
    signal: AbortSignal,
  ): Promise<string> {
    const facts = await this.#engineFacts(signal);
    const sandbox = await this.#inspectOne(sandboxId, signal);
    if (!sandbox?.State.Running) throw new Error(`Sandbox ${sandboxId} does not run`);
    const { Config, HostConfig } = sandbox;
    const around: ContainerSurroundings = {
      ...facts,
      siteId: this.#siteId,
      sandboxId,
      pod: podOf(Config.Labels),
      hostNetwork: HostConfig.NetworkMode === "host",
      hostPID: HostConfig.PidMode === "host",
      hostIPC: HostConfig.IpcMode === "host",
    };
    return this.#create(containerOptions(spec, around), signal);
  }

  async startContainer(id: string, signal: AbortSignal): Promise<void> {
    // 304: it runs already.
    const start = this.#engine.call(signal, (docker, abortSignal) =>
      docker.getContainer(id).start({ abortSignal }),
    );
    await unless([304], withRefusal(start));
  }

  async stopContainer(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    const seconds = Math.ceil(graceMs / 1000);
    using linked = new LinkedSignal(signal);
    const { signal: abortSignal } = linked;
    const stop = this.#engine.open(signal, (docker) =>
      docker.getContainer(id).stop({ t: seconds, abortSignal }),
    );
    await unless([304, 404], withRefusal(stop));
  }

  async removeContainer(id: string, signal: AbortSignal): Promise<void> {
    const remove = this.#engine.call(signal, (docker, abortSignal) => {
      const options: Docker.ContainerRemoveOptions & { abortSignal: AbortSignal } = {
        force: true,
        v: true,
        abortSignal,
      };
      return docker.getContainer(id).remove(options);
    });
    // 409: its removal is under way.
    await unless([404, 409], withRefusal(remove));
  }

  run(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    return runToEnd(this.#engine, { id, command }, signal);
  }

  async exec(id: string, request: ExecRequest, signal: AbortSignal): Promise<ExecStream> {
    const { stdin, stdout, stderr, tty } = request;
    const exec = await this.#engine.call(signal, (docker, abortSignal) =>
      docker.getContainer(id).exec({
        Cmd: [...request.command],
        AttachStdin: stdin,
        AttachStdout: stdout,
        AttachStderr: stderr && !tty,
        Tty: tty,
        abortSignal,
      }),
    );
    const connection = await this.#engine.open(signal, () =>
      exec.start({ hijack: true, stdin: true, Tty: tty }),
    );
    const resize = ({ width, height }: TerminalSize): Promise<unknown> =>
      this.#engine.call(signal, () => exec.resize({ w: width, h: height }));
    return processStream({
      connection,
      inputEnds: true,
      options: request,
      resize: (size) => this.#tolerate(resize(size)),
      exitCode: async () => {
        const { ExitCode } = await this.#engine.call(signal, () => exec.inspect());
        return must(ExitCode, "the exit code of a process that ended");
      },
      signal,
    });
  }

  async attach(id: string, request: ProcessOptions, signal: AbortSignal): Promise<ExecStream> {
    const info = must(await this.#inspectOne(id, signal), "the container to attach to");
    const { stdin, stdout, stderr } = request;
    const connection = await this.#engine.open(signal, (docker) =>
      docker.getContainer(id).attach({ stream: true, hijack: true, stdin, stdout, stderr }),
    );
    const resize = ({ width, height }: TerminalSize): Promise<unknown> =>
      this.#engine.call(signal, (docker) =>
        docker.getContainer(id).resize({ w: width, h: height }),
      );
    return processStream({
      connection: duplex(connection),
      inputEnds: info.Config.StdinOnce ?? false,
      options: { ...request, tty: info.Config.Tty },
      resize: (size) => this.#tolerate(resize(size)),
      exitCode: async () => (await this.#inspectOne(id, signal))?.State.ExitCode ?? 0,
      signal,
    });
  }

  async logs(
    id: string,
    options: LogOptions,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const info = must(await this.#inspectOne(id, signal), "the container whose logs are asked for");
    return openLogs(this.#engine, { id, tty: info.Config.Tty, options }, signal);
  }

  images(signal: AbortSignal): ReturnType<Runtime["images"]> {
    return this.#images.list(signal);
  }

  image(name: string, signal: AbortSignal): ReturnType<Runtime["image"]> {
    return this.#images.find(name, signal);
  }

  pullImage(
    name: string,
    credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): ReturnType<Runtime["pullImage"]> {
    return this.#images.pull(name, { ...(credentials && { credentials }) }, signal);
  }

  /** Makes a container, or answers the one of that name: a name holds pod, container and attempt. */
  async #create(options: Docker.ContainerCreateOptions, signal: AbortSignal): Promise<string> {
    try {
      const container = await withRefusal(
        this.#engine.call(signal, (docker, abortSignal) =>
          docker.createContainer({ ...options, abortSignal }),
        ),
      );
      return container.id;
    } catch (error) {
      if (statusCode(error) !== 409) throw error;
      const existing = await this.#inspectOne(options.name ?? "", signal);
      if (existing?.Config.Labels[label.site] !== this.#siteId) throw error;
      return existing.Id;
    }
  }

  async #inspectAll(
    labels: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ContainerInspectInfo[]> {
    const filters = { label: [`${label.site}=${this.#siteId}`, ...labels] };
    const found = await this.#engine.call(signal, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal }),
    );
    const infos = await Promise.all(found.map(({ Id }) => this.#inspectOne(Id, signal)));
    return infos.filter((info) => info !== undefined);
  }

  #inspectOne(id: string, signal: AbortSignal): Promise<ContainerInspectInfo | undefined> {
    return unlessMissing(
      this.#engine.call(signal, (docker, abortSignal) =>
        docker.getContainer(id).inspect({ abortSignal }),
      ),
    );
  }

  async #connect(signal: AbortSignal): Promise<EngineStatus> {
    const info = await this.#engine.call(signal, (docker) => docker.info());
    this.#facts = {
      cgroupParent: cgroupParent(siteMarks(this.#siteId), info.CgroupDriver),
      lowestOomScore: await lowestOomScore(),
    };
    return {
      reachable: true,
      version: info.ServerVersion,
      ...(!info.LiveRestoreEnabled && { warning: NO_LIVE_RESTORE }),
    };
  }

  async #engineFacts(signal: AbortSignal): Promise<EngineFacts> {
    if (!this.#facts) this.#status = await this.#connect(signal);
    return must(this.#facts, "the facts of an engine that answered");
  }

  /** A terminal that cannot be resized any more has ended, which its own stream tells. */
  #tolerate(resizing: Promise<unknown>): void {
    resizing.catch((error: unknown) =>
      this.#log.debug("A terminal was not resized", { error: explain(error) }),
    );
  }
}

/** Newest first, so that the head of each list is what runs now. */
function split(infos: readonly ContainerInspectInfo[]): Omit<RuntimePod, "pod"> {
  const sandboxes: Sandbox[] = [];
  const containers: RuntimeContainer[] = [];
  for (const info of infos) {
    if (info.Config.Labels[label.type] === SANDBOX_TYPE) sandboxes.push(sandboxOf(info));
    else containers.push(containerOf(info));
  }
  const newestFirst = (a: { attempt: number }, b: { attempt: number }) => b.attempt - a.attempt;
  return { sandboxes: sandboxes.sort(newestFirst), containers: containers.sort(newestFirst) };
}

/** Docker's refusals carry HTTP around the sentence that a person needs: the message becomes that. */
async function withRefusal<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof EngineUnreachable || !(error instanceof Error)) throw error;
    error.message = refusal(error);
    throw error;
  }
}
