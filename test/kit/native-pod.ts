import type { Runtime } from "#edged/runtime/runtime.ts";
import type {
  ContainerSpec,
  PodRef,
  RuntimeContainer,
  Sandbox,
  SandboxSpec,
} from "#edged/runtime/types.ts";
import { must } from "#lib/errors.ts";
import { eventually } from "./eventually.ts";
import { NATIVE_IMAGE } from "./native-host.ts";
import { containerSpec, newPod, sandboxSpec } from "./pod-specs.ts";

const STEP_MS = 30_000;
const within = (): AbortSignal => AbortSignal.timeout(STEP_MS);

/** A pod of a native runtime, looked at through whichever runtime has it now. */
export class NativePod {
  readonly ref: PodRef;
  sandbox: Sandbox;
  #runtime: Runtime;

  private constructor(runtime: Runtime, ref: PodRef, sandbox: Sandbox) {
    this.#runtime = runtime;
    this.ref = ref;
    this.sandbox = sandbox;
  }

  static async start(runtime: Runtime, changes?: Partial<SandboxSpec>): Promise<NativePod> {
    const ref = newPod();
    const sandbox = await runtime.startSandbox(sandboxSpec(ref, changes), within());
    return new NativePod(runtime, ref, sandbox);
  }

  /** The next process of the site has it. */
  adoptedBy(runtime: Runtime): void {
    this.#runtime = runtime;
  }

  /** A sandbox in place of the one before. */
  async startAgain(attempt: number): Promise<void> {
    this.sandbox = await this.#runtime.startSandbox(sandboxSpec(this.ref, { attempt }), within());
  }

  /** Starts a container and answers its ID. */
  async run(command: readonly string[], changes?: Partial<ContainerSpec>): Promise<string> {
    const wish = { image: NATIVE_IMAGE, command, changes };
    const spec = await containerSpec(this.#runtime, wish, within());
    const id = await this.#runtime.createContainer(this.sandbox.id, spec, within());
    await this.#runtime.startContainer(id, within());
    return id;
  }

  /** `run` of a shell's script. */
  shell(script: string, changes?: Partial<ContainerSpec>): Promise<string> {
    return this.run(["sh", "-c", script], changes);
  }

  async container(id: string): Promise<RuntimeContainer> {
    const { containers } = await this.#runtime.inspect(this.ref.uid, within());
    return must(
      containers.find((one) => one.id === id),
      `the container ${id}`,
    );
  }

  /** Waits until a container has ended. */
  ended(id: string): Promise<RuntimeContainer> {
    return eventually(
      async () => {
        const container = await this.container(id);
        return container.state === "exited" && container;
      },
      { what: "The container's end" },
    );
  }

  async log(id: string): Promise<string> {
    const options = { follow: false, timestamps: false };
    return new Response(await this.#runtime.logs(id, options, within())).text();
  }

  /** Waits until a container has written something. */
  wrote(id: string, text: string): Promise<true> {
    return eventually(async () => (await this.log(id)).includes(text), { what: `"${text}"` });
  }

  /** What a shell's script in a container prints. */
  async exec(id: string, script: string): Promise<string> {
    const { output } = await this.#runtime.run(id, ["sh", "-c", script], within());
    return output.trim();
  }

  remove(): Promise<void> {
    return removePod(this.#runtime, this.ref.uid);
  }
}

/** Removes all pods that a runtime has. */
export async function removePods(runtime: Runtime): Promise<void> {
  const pods = await runtime.list(within());
  await Promise.all(pods.map(({ pod }) => removePod(runtime, pod.uid)));
}

async function removePod(runtime: Runtime, uid: string): Promise<void> {
  const { containers, sandboxes } = await runtime.inspect(uid, within());
  for (const { id } of containers) await runtime.removeContainer(id, within());
  for (const { id } of sandboxes) await runtime.removeSandbox(id, within());
}
