import { join } from "node:path";
import type { Container, Pod } from "#api/object.ts";
import { allContainers, guestsOf } from "#api/pod.ts";
import { asError, must } from "#lib/errors.ts";
import { ContainerConfigError } from "../container/config-error.ts";
import { ContainerFailure } from "../container/container-failure.ts";
import { containerEnv, expandAll } from "../container/env.ts";
import type { PodFacts } from "../container/field-ref.ts";
import { containerResources } from "../container/resources.ts";
import { containerSecurity } from "../container/security.ts";
import { metaSources, type Sources } from "../container/sources.ts";
import type { PodRecorder } from "../events.ts";
import { LinkedSignal } from "../linked-signal.ts";
import type { HostPort, PodAddresses } from "../network/pod-network.ts";
import type { DialResult } from "../probe/dial.ts";
import { type Handler, type HandlerTarget, runHandler, runHook } from "../probe/handler.ts";
import { EngineUnreachable } from "../runtime/runtime.ts";
import type { ContainerSpec, ImageInfo, PodRef, RuntimeContainer } from "../runtime/types.ts";
import { PodTokens } from "../volume/pod-tokens.ts";
import { PodVolumes, type PreparedVolumes } from "../volume/pod-volumes.ts";
import { containerMounts } from "./container-mounts.ts";
import type { PodContext } from "./context.ts";
import { currentContainer, type Observed } from "./observed.ts";
import { MIN_GRACE_MS } from "./plan.ts";
import { PodFiles } from "./pod-files.ts";
import { requireHandler } from "./runtime-handler.ts";

export interface RunnerOptions {
  readonly uid: string;
  /** The address that the pod had when this process began to look after it: it keeps that. */
  readonly lastPodIP?: string | undefined;
}

/** Does the steps of a plan for one pod: what may take long, fail, and be tried again. */
export class PodRunner {
  readonly files: PodFiles;
  readonly #context: PodContext;
  readonly #volumes: PodVolumes;
  readonly #tokens: PodTokens;
  /** Volumes are prepared one time after the other, never two at once. */
  #preparing: Promise<unknown> = Promise.resolve();
  /** Where the pod is on the network; absent: it is not. */
  #place: Place | undefined;
  readonly #lastPodIP: string | undefined;

  constructor(context: PodContext, { uid, lastPodIP }: RunnerOptions) {
    const directory = join(context.podsDirectory, uid);
    this.#lastPodIP = lastPodIP;
    this.#context = context;
    this.files = new PodFiles(directory);
    this.#volumes = new PodVolumes(directory, context.mounts);
    this.#tokens = new PodTokens(context);
  }

  /** The pod's addresses, first the one that Services lead to; off the network those it had. */
  podIPsOf({ status }: Pod): readonly string[] {
    return this.#podIPs ?? (status?.podIPs ?? []).map(({ ip }) => ip);
  }

  /** On the host's network those of the node, as they change: kubelet looks for new ones at its start only. */
  get #podIPs(): readonly string[] | undefined {
    return this.#place === "host" ? this.#context.addresses.current : this.#place;
  }

  /** The pod's address, once it is on the network. */
  get podIP(): string | undefined {
    return this.#podIPs?.[0];
  }

  /** When a token in the pod's volumes should be renewed, on the monotonic clock. */
  tokensDueAtMs(pod: Pod): number {
    return this.#tokens.dueAtMs(pod);
  }

  /** Makes the pod's sandbox and puts it on the network. */
  async startSandbox(pod: Pod, attempt: number, signal: AbortSignal): Promise<void> {
    // The one before is gone: nothing may start in the new one until that is on the network.
    this.#place = undefined;
    await requireHandler(pod, this.#context, signal);
    await this.prepareVolumes(pod, signal);
    const { spec } = pod;
    const sandbox = await this.#context.runtime.startSandbox(
      {
        pod: refOf(pod),
        attempt,
        hostname: (spec?.hostname ?? pod.metadata?.name ?? "").slice(0, 63),
        hostNetwork: spec?.hostNetwork ?? false,
        hostPID: spec?.hostPID ?? false,
        hostIPC: spec?.hostIPC ?? false,
        hostUsers: spec?.hostUsers ?? true,
        sysctls: Object.fromEntries(
          (spec?.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value]),
        ),
        labels: pod.metadata?.labels ?? {},
      },
      signal,
    );
    await this.joinNetwork(pod, must(sandbox.pid, "the process of a running sandbox"), signal);
  }

  /** Puts a running sandbox on the network, or finds it there; an address of its own does not change. */
  async joinNetwork(pod: Pod, pid: number, signal: AbortSignal): Promise<void> {
    const { network, dns } = this.#context;
    const place = pod.spec?.hostNetwork
      ? "host"
      : addressesOf(
          await network.attach({ ...refOf(pod), pid, hostPorts: hostPorts(pod) }, signal),
        );
    await this.files.writeNetwork(pod, place === "host" ? [] : place, dns);
    this.#place = place;
  }

  async leaveNetwork(pod: Pod, signal: AbortSignal): Promise<void> {
    if (!pod.spec?.hostNetwork) await this.#context.network.detach(refOf(pod).uid, signal);
    this.#place = undefined;
  }

  /** Makes the pod's volumes, or brings their files up to date. */
  prepareVolumes(pod: Pod, signal: AbortSignal): Promise<PreparedVolumes> {
    const prepare = () => this.#volumes.prepare(this.#facts(pod), this.#sources(pod, signal));
    const prepared = this.#preparing.then(prepare, prepare);
    this.#preparing = prepared.catch(() => undefined);
    return prepared;
  }

  /**
   * Starts one container: image, configuration, container, hook.
   * @throws {ContainerFailure} with the reason for its waiting state.
   */
  async startContainer(
    pod: Pod,
    { container, attempt, sandboxId, observed, life }: StartOrder,
    signal: AbortSignal,
  ): Promise<void> {
    const { runtime, images, events } = this.#context;
    const recorder = events.forPod(pod);
    const sources = this.#sources(pod, signal);
    const volumes = await this.prepareVolumes(pod, signal);
    const image = await images.ensure({ pod, container, recorder, sources }, signal);
    const order = { container, attempt, observed, image, volumes };
    const spec = await this.#specOf(pod, order, sources).catch((error: unknown) => {
      if (!(error instanceof ContainerConfigError)) throw error;
      recorder.warning("Failed", `Error: ${error.message}`, container);
      throw new ContainerFailure("CreateContainerConfigError", error.message);
    });
    const step = async <T>(reason: string, doing: Promise<T>): Promise<T> => {
      try {
        return await doing;
      } catch (error) {
        if (signal.aborted || error instanceof EngineUnreachable) throw error;
        const { message } = asError(error);
        recorder.warning("Failed", `Error: ${message}`, container);
        throw new ContainerFailure(reason, message);
      }
    };
    const id = await step("CreateContainerError", runtime.createContainer(sandboxId, spec, signal));
    recorder.normal("Created", "Container created", container);
    signal.throwIfAborted();
    // No engine takes a start back: whoever calls this off must know what came of it.
    await step("RunContainerError", runtime.startContainer(id, life));
    recorder.normal("Started", "Container started", container);
    await this.#postStart(container, { id, recorder }, signal);
  }

  /** Runs the preStop hook and ends the container, both within its grace. */
  async stopContainer(
    pod: Pod,
    { container, graceMs, message }: StopOrder,
    signal: AbortSignal,
  ): Promise<void> {
    const { runtime, events, clock } = this.#context;
    const recorder = events.forPod(pod);
    const spec = containerNamed(pod, container.name);
    recorder.normal("Killing", message, spec);
    const startMs = clock.monotonicMs();
    const preStop = spec?.lifecycle?.preStop;
    if (preStop && graceMs > 0) {
      using limit = new LinkedSignal(signal, graceMs);
      const target = this.#handlerTarget(spec, container.id);
      const result = await runHook(preStop, target, limit.signal);
      signal.throwIfAborted();
      if (!result.success) {
        recorder.warning("FailedPreStopHook", `PreStopHook failed: ${result.message}`, spec);
      }
    }
    const leftMs = graceMs - (clock.monotonicMs() - startMs);
    const minMs = graceMs === 0 ? 0 : MIN_GRACE_MS;
    await runtime.stopContainer(container.id, Math.max(leftMs, minMs), signal);
  }

  /** Removes all that the pod has on this host beside the runtime's things. */
  async removeFiles(): Promise<void> {
    await this.#preparing;
    await this.#volumes.remove();
    await this.files.remove();
  }

  #handlerTarget(container: Container, containerId: string): HandlerTarget {
    const { runtime } = this.#context;
    return { runtime, container, containerId, podIP: this.podIP ?? this.#lastPodIP };
  }

  /** Runs a probe's handler once. */
  probe(handler: Handler, { container, id }: ProbeOrder, signal: AbortSignal): Promise<DialResult> {
    return runHandler(handler, this.#handlerTarget(container, id), signal);
  }

  async #postStart(
    container: Container,
    { id, recorder }: { readonly id: string; readonly recorder: PodRecorder },
    signal: AbortSignal,
  ): Promise<void> {
    const hook = container.lifecycle?.postStart;
    if (!hook) return;
    const { success, message } = await runHook(hook, this.#handlerTarget(container, id), signal);
    signal.throwIfAborted();
    if (success) return;
    recorder.warning("FailedPostStartHook", `PostStartHook failed: ${message}`, container);
    recorder.normal("Killing", "FailedPostStartHook", container);
    await this.#context.runtime.stopContainer(id, MIN_GRACE_MS, signal);
  }

  async #specOf(
    pod: Pod,
    { container, attempt, observed, image, volumes }: SpecOrder,
    sources: Sources,
  ): Promise<ContainerSpec> {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    if (startupProbe?.grpc ?? livenessProbe?.grpc ?? readinessProbe?.grpc) {
      throw new ContainerConfigError("gRPC probes are not supported by this node yet");
    }
    const target = targetOf(pod, container.name, observed());
    const env = await containerEnv(this.#facts(pod), container, sources);
    const terminationLog = await this.files.makeTerminationLog(container, attempt);
    const command = expandAll(container.command, env);
    const args = expandAll(container.args, env);
    return {
      name: container.name,
      attempt,
      image: container.image ?? "",
      imageId: image.id,
      ...(command && { command }),
      ...(args && { args }),
      env,
      ...(container.workingDir !== undefined && { workingDir: container.workingDir }),
      mounts: await containerMounts(container, { volumes, files: this.files, env, terminationLog }),
      tty: container.tty ?? false,
      stdin: container.stdin ?? false,
      stdinOnce: container.stdinOnce ?? false,
      sharedProcesses: pod.spec?.shareProcessNamespace ?? false,
      ...(target && { processesOf: target }),
      resources: containerResources(pod, container, this.#context.memoryCapacityBytes),
      security: containerSecurity(pod, container, image),
      terminationMessageFile: terminationLog,
    };
  }

  #facts(pod: Pod): PodFacts {
    const { addresses, allocatable } = this.#context;
    return { pod, podIPs: this.#podIPs ?? [], hostIPs: addresses.current, allocatable };
  }

  #sources(pod: Pod, signal: AbortSignal): Sources {
    return metaSources({ meta: this.#context.meta, tokens: this.#tokens, pod }, signal);
  }
}

/** The host's network, or addresses of its own. */
type Place = "host" | readonly string[];

function addressesOf({ ipv4, ipv6 }: PodAddresses): readonly string[] {
  return ipv6 === undefined ? [ipv4] : [ipv4, ipv6];
}

interface StartOrder {
  readonly container: Container;
  readonly attempt: number;
  readonly sandboxId: string;
  /** What the runtime has of the pod by then: until an image is there others may have ended. */
  readonly observed: () => Observed;
  /** Aborts with the process's part in the pod, not when the pod ends. */
  readonly life: AbortSignal;
}

interface StopOrder {
  readonly container: RuntimeContainer;
  readonly graceMs: number;
  readonly message: string;
}

interface ProbeOrder {
  readonly container: Container;
  readonly id: string;
}

interface SpecOrder {
  readonly container: Container;
  readonly attempt: number;
  readonly observed: () => Observed;
  readonly image: ImageInfo;
  readonly volumes: PreparedVolumes;
}

export function refOf({ metadata }: Pod): PodRef {
  const { namespace = "", name = "", uid = "" } = metadata ?? {};
  return { namespace, name, uid };
}

export function containerNamed({ spec }: Pod, wanted: string): Container | undefined {
  return [...allContainers(spec), ...guestsOf(spec)].find(({ name }) => name === wanted);
}

/** The ID of the container that a guest of that name wants to see the processes of, if it wants to. */
function targetOf({ spec }: Pod, guest: string, observed: Observed): string | undefined {
  const wanted = guestsOf(spec).find(({ name }) => name === guest)?.targetContainerName;
  if (!wanted) return undefined;
  const target = currentContainer(observed, wanted);
  if (target?.state === "running") return target.id;
  throw new ContainerConfigError(`unable to find target container ${wanted}: it does not run`);
}

function hostPorts({ spec }: Pod): HostPort[] {
  return allContainers(spec)
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ protocol = "TCP", hostPort, containerPort, hostIP }) => {
      if (!hostPort || !(protocol === "TCP" || protocol === "UDP" || protocol === "SCTP"))
        return [];
      return [{ protocol, hostPort, containerPort, ...(hostIP && { hostIP }) }];
    });
}
