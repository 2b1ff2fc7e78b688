import Docker from "dockerode";
import { abortable, abortReason } from "#lib/abort.ts";
import { errorCode, explain } from "#lib/errors.ts";
import { LinkedSignal } from "../../linked-signal.ts";
import { EngineUnreachable } from "../runtime.ts";

/** Longer than any answer takes on a slow card; kubelet's `runtimeRequestTimeout`. */
const ANSWER_TIMEOUT_MS = 120_000;
/** For the one request that costs an engine nothing. */
const PING_TIMEOUT_MS = 10_000;

/** Where the Docker Engine answers: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375`. */
export type EngineAddress = string;

/** The Docker API as calls that tell an engine's refusal from an engine that is gone. */
export class Engine {
  readonly #docker: Docker;
  readonly #address: EngineAddress;

  constructor(address: EngineAddress) {
    this.#address = address;
    this.#docker = new Docker(dockerOptions(address));
  }

  /**
   * One request with an answer.
   * @throws {EngineUnreachable} when the engine does not answer.
   */
  async call<T>(
    signal: AbortSignal,
    request: (docker: Docker, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return await this.#within(ANSWER_TIMEOUT_MS, signal, request);
  }

  /**
   * Asks for a sign of life: an engine that hangs closes no connection.
   * @throws {EngineUnreachable} when there is none.
   */
  async ping(signal: AbortSignal, timeoutMs = PING_TIMEOUT_MS): Promise<void> {
    await this.#within(timeoutMs, signal, (docker) => docker.ping());
  }

  /** A request whose answer is a stream; `signal` must live as long as the stream may. */
  open<T>(signal: AbortSignal, request: (docker: Docker) => Promise<T>): Promise<T> {
    return this.#settle(request(this.#docker), signal);
  }

  /** Not every request can be called off: an answer that comes too late has nobody to read it. */
  async #within<T>(
    timeoutMs: number,
    signal: AbortSignal,
    request: (docker: Docker, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    using linked = new LinkedSignal(signal, timeoutMs);
    const answer = request(this.#docker, linked.signal);
    return await this.#settle(abortable(answer, linked.signal), signal);
  }

  async #settle<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (statusCode(error) !== undefined) throw error;
      throw new EngineUnreachable(
        `The Docker Engine does not answer at ${this.#address}${unreachableWhy(error)}`,
        { cause: error },
      );
    }
  }
}

/** The HTTP status that the engine refused with; `undefined` when it did not answer. */
export function statusCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}

/** The engine's own words for why it refused. */
export function refusal(error: unknown): string {
  if (error instanceof Error && "json" in error) {
    const { json } = error;
    if (typeof json === "object" && json !== null && "message" in json) return String(json.message);
  }
  // Answers that are streams come with the client's words before the engine's.
  return explain(error)
    .replace(/^\(HTTP code \d+\) [^-]* - /, "")
    .trim();
}

/** The value of a call, or `undefined` where the engine says 404. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  return unless([404], call);
}

/** The value of a call, or `undefined` where the engine refuses with one of these statuses. */
export async function unless<T>(
  statuses: readonly number[],
  call: Promise<T>,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const status = statusCode(error);
    if (status !== undefined && statuses.includes(status)) return undefined;
    throw error;
  }
}

function unreachableWhy(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return `: ${error.message}`;
  const code = errorCode(error);
  if (code === "ENOENT") return ": no such socket";
  return code === undefined ? "" : ` (${code})`;
}

function dockerOptions(address: EngineAddress): Docker.DockerOptions {
  if (address.startsWith("unix://")) return { socketPath: address.slice("unix://".length) };
  if (address.startsWith("/")) return { socketPath: address };
  const { hostname, port, protocol } = new URL(address);
  return {
    host: hostname,
    port: port === "" ? 2375 : Number(port),
    protocol: protocol === "https:" ? "https" : "http",
  };
}
