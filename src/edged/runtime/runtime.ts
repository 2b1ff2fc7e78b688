import type { ExecStream } from "#api/node-streams.ts";
import type { ImageSource } from "../image/image-source.ts";
import type {
  ContainerSpec,
  EngineStatus,
  ExecResult,
  LogOptions,
  ProcessOptions,
  RuntimeEvent,
  RuntimePod,
  Sandbox,
  SandboxSpec,
} from "./types.ts";

/**
 * What runs containers, in the words of a pod. A runtime sees and touches only what carries its own
 * site's ID. Everything is idempotent: making what exists answers it, ending what has ended is fine.
 * A method that the engine does not answer rejects with `EngineUnreachable`; every method rejects
 * with the signal's reason when that aborts.
 */
export interface Runtime extends ImageSource {
  /** What it is called, and the scheme of container IDs in a pod's status: `docker` in `docker://…`. */
  readonly scheme: string;
  /** What is known now, without asking. */
  engine(): EngineStatus;
  /**
   * Tells what changes, until `signal` aborts. Keeps contact with the engine: when it is lost, that
   * is an event, and so is its return; everything may have changed between them.
   */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;

  /** Every pod that has anything here. */
  list(signal: AbortSignal): Promise<readonly RuntimePod[]>;
  /** One pod; empty when the runtime has nothing of it. */
  inspect(uid: string, signal: AbortSignal): Promise<Omit<RuntimePod, "pod">>;

  /** Makes and starts a sandbox with no network but loopback (or the host's). */
  startSandbox(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox>;
  /** Removes a sandbox; its containers have ended before. */
  removeSandbox(id: string, signal: AbortSignal): Promise<void>;

  /** Makes a container in a running sandbox and answers its ID. */
  createContainer(sandboxId: string, spec: ContainerSpec, signal: AbortSignal): Promise<string>;
  startContainer(id: string, signal: AbortSignal): Promise<void>;
  /** SIGTERM (or the image's signal), SIGKILL after `graceMs`; resolves when it has ended. */
  stopContainer(id: string, graceMs: number, signal: AbortSignal): Promise<void>;
  removeContainer(id: string, signal: AbortSignal): Promise<void>;

  /** Runs a command to its end. Aborting stops the waiting, not the command. */
  run(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult>;
  exec(id: string, request: ExecRequest, signal: AbortSignal): Promise<ExecStream>;
  /** Joins the container's own process. */
  attach(id: string, request: ProcessOptions, signal: AbortSignal): Promise<ExecStream>;
  /** Both outputs as they were written; with `follow` ends when the container does. */
  logs(id: string, options: LogOptions, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

export interface ExecRequest extends ProcessOptions {
  readonly command: readonly string[];
}

/** The engine did not answer; it may come back. */
export class EngineUnreachable extends Error {
  override readonly name = "EngineUnreachable";
}
