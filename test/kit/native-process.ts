import type { Runtime } from "#edged/runtime/runtime.ts";
import type { ContainerSecurity, ContainerSpec, SandboxSpec } from "#edged/runtime/types.ts";
import { eventually } from "./eventually.ts";
import { NativePod } from "./native-pod.ts";
import { UNPRIVILEGED } from "./pod-specs.ts";

/** What a test wants of a container; all else is as in a pod that asks for nothing. */
export interface Wish extends Partial<Omit<ContainerSpec, "security">> {
  readonly security?: Partial<ContainerSecurity>;
}

/** A container that was started, to be looked at from within. */
export class NativeProcess {
  readonly pod: NativePod;
  readonly id: string;

  private constructor(pod: NativePod, id: string) {
    this.pod = pod;
    this.id = id;
  }

  static async start(
    pod: NativePod,
    command: readonly string[],
    { security, ...wish }: Wish = {},
  ): Promise<NativeProcess> {
    const name = `c-${crypto.randomUUID()}`;
    const changes = { name, ...wish, security: { ...UNPRIVILEGED, ...security } };
    return new NativeProcess(pod, await pod.run(command, changes));
  }

  /** One that sleeps, in a pod of its own. */
  static async sleeping(
    runtime: Runtime,
    wish?: Wish,
    sandbox?: Partial<SandboxSpec>,
  ): Promise<NativeProcess> {
    return NativeProcess.start(await NativePod.start(runtime, sandbox), ["sleep", "1000"], wish);
  }

  /** What a script prints in it, on both outputs. */
  sh(script: string): Promise<string> {
    return this.pod.exec(this.id, script);
  }

  /** All that it has printed, once it has ended. */
  async output(): Promise<string> {
    await this.pod.ended(this.id);
    return (await this.pod.log(this.id)).trim();
  }

  /** Waits until a script succeeds in it. */
  until(script: string): Promise<true> {
    return eventually(async () => (await this.sh(`${script} && echo yes`)) === "yes");
  }
}
