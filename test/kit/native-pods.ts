import type { Runtime } from "#edged/runtime/runtime.ts";
import type {
  ContainerSecurity,
  ContainerSpec,
  Sandbox,
  SandboxSpec,
} from "#edged/runtime/types.ts";
import { NATIVE_IMAGE, type NativeHost } from "./native-host.ts";

const SECURITY: ContainerSecurity = {
  supplementalGroups: [],
  privileged: false,
  readOnlyRootFilesystem: false,
  allowPrivilegeEscalation: true,
  addCapabilities: [],
  dropCapabilities: [],
  seccomp: { type: "default" },
  appArmor: { type: "default" },
  unmaskedProc: false,
};

/** What a test wants of a container; all else is a pod's default. */
export interface Wish extends Partial<Omit<ContainerSpec, "security">> {
  readonly security?: Partial<ContainerSecurity>;
}

/** Pods of a native runtime, by what runs in them. */
export class NativePods {
  readonly runtime: Runtime;
  readonly #host: NativeHost;
  readonly #signal: AbortSignal;
  #count = 0;

  constructor(host: NativeHost, signal: AbortSignal) {
    this.runtime = host.runtime();
    this.#host = host;
    this.#signal = signal;
  }

  async sandbox(wish: Partial<SandboxSpec> = {}): Promise<NativePod> {
    const name = `p${this.#count++}`;
    const sandbox = await this.runtime.startSandbox(
      {
        pod: { namespace: "ns", name, uid: `uid-${name}` },
        attempt: 0,
        hostname: name,
        ...{ hostNetwork: false, hostPID: false, hostIPC: false, sysctls: {}, labels: {} },
        ...wish,
      },
      this.#signal,
    );
    return new NativePod(this, { sandbox, uid: `uid-${name}` }, this.#signal);
  }

  /** A pod of its own with one container that sleeps. */
  async sleeping(wish: Wish = {}, sandbox: Partial<SandboxSpec> = {}): Promise<NativeProcess> {
    const pod = await this.sandbox(sandbox);
    return pod.start(["sleep", "1000"], wish);
  }

  imageId(name: string): string {
    return this.#host.images.find(name)?.id ?? "";
  }
}

interface PodParts {
  readonly sandbox: Sandbox;
  readonly uid: string;
}

class NativePod {
  readonly sandbox: Sandbox;
  readonly uid: string;
  readonly #pods: NativePods;
  readonly #signal: AbortSignal;
  #count = 0;

  constructor(pods: NativePods, { sandbox, uid }: PodParts, signal: AbortSignal) {
    this.sandbox = sandbox;
    this.uid = uid;
    this.#pods = pods;
    this.#signal = signal;
  }

  async start(command: readonly string[], wish: Wish = {}): Promise<NativeProcess> {
    const { runtime } = this.#pods;
    const image = wish.image ?? NATIVE_IMAGE;
    const spec: ContainerSpec = {
      ...{ name: `c${this.#count++}`, attempt: 0, image, imageId: this.#pods.imageId(image) },
      ...{ command, env: {}, mounts: [], tty: false, stdin: false, stdinOnce: false },
      sharedProcesses: false,
      resources: { cpuRequestMillis: 10, memoryLimitBytes: 64 << 20, oomScoreAdj: 500 },
      ...wish,
      security: { ...SECURITY, ...wish.security },
    };
    const id = await runtime.createContainer(this.sandbox.id, spec, this.#signal);
    await runtime.startContainer(id, this.#signal);
    return new NativeProcess(this, { runtime, id }, this.#signal);
  }
}

interface ProcessParts {
  readonly runtime: Runtime;
  readonly id: string;
}

/** A container that was started. */
export class NativeProcess {
  readonly pod: NativePod;
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #signal: AbortSignal;

  constructor(pod: NativePod, { runtime, id }: ProcessParts, signal: AbortSignal) {
    this.pod = pod;
    this.id = id;
    this.#runtime = runtime;
    this.#signal = signal;
  }

  /** What a script prints in it, on both outputs. */
  async sh(script: string): Promise<string> {
    return (await this.#runtime.run(this.id, ["sh", "-c", script], this.#signal)).output;
  }

  async describe() {
    const { containers, sandboxes } = await this.#runtime.inspect(this.pod.uid, this.#signal);
    const container = containers.find(({ id }) => id === this.id);
    if (!container) throw new Error("Expected a container");
    return { ...container, sandboxRuns: sandboxes[0]?.running ?? false };
  }

  /** All that it has printed, once it has ended. */
  async output(): Promise<string> {
    const options = { follow: true, timestamps: false };
    return new Response(await this.#runtime.logs(this.id, options, this.#signal)).text();
  }
}
