import { asError } from "#lib/errors.ts";
import { Deframer, frame } from "./framing.ts";
import { parseQuestion } from "./question.ts";
import type { Upstream } from "./upstreams.ts";

export type Transport = "udp" | "tcp";

export interface ForwarderOptions {
  /** Whom to ask now, in this order. */
  readonly upstreams: () => readonly Upstream[];
  /** How long each may take. Default 2 s. */
  readonly timeoutMs?: number;
  /** Questions on their way at a time; more are refused. Default 512. */
  readonly maxInFlight?: number;
  readonly random?: () => number;
}

const TIMEOUT_MS = 2000;
const MAX_IN_FLIGHT = 512;
const SERVER_FAILURE = 2;
const HEADER_BYTES = 12;
const RESPONSE_BIT = 0x80;

/**
 * Asks the host's name servers. Each question has a socket of its own, connected to the server it
 * asks, and an ID of its own: a forged answer would have to guess both.
 */
export class Forwarder {
  readonly #upstreams: () => readonly Upstream[];
  readonly #timeoutMs: number;
  readonly #maxInFlight: number;
  readonly #random: () => number;
  #inFlight = 0;

  constructor(options: ForwarderOptions) {
    this.#upstreams = options.upstreams;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT;
    this.#random = options.random ?? Math.random;
  }

  /**
   * The answer of the first server that has one, under the ID of `query`. A server that fails to
   * answer, or answers SERVFAIL, is passed over.
   * @throws when no server answered.
   */
  async ask(query: Buffer, transport: Transport, signal: AbortSignal): Promise<Buffer> {
    if (this.#inFlight >= this.#maxInFlight) throw new Error("Too many questions are on their way");
    this.#inFlight += 1;
    try {
      return await this.#askInOrder(query, transport, signal);
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #askInOrder(query: Buffer, transport: Transport, signal: AbortSignal): Promise<Buffer> {
    const request = Buffer.from(query);
    const upstreams = this.#upstreams();
    if (upstreams.length === 0) throw new Error("There is no upstream name server");
    const failures: Error[] = [];
    let refusal: Buffer | undefined;
    for (const upstream of upstreams) {
      request.writeUInt16BE(Math.floor(this.#random() * 65_536), 0);
      const stop = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]);
      try {
        const exchange = transport === "udp" ? askOverUdp : askOverTcp;
        const answer = await exchange({ upstream, request, signal: stop });
        answer.writeUInt16BE(query.readUInt16BE(0), 0);
        if ((answer.readUInt8(3) & 15) !== SERVER_FAILURE) return answer;
        refusal = answer;
      } catch (error) {
        if (signal.aborted) throw error;
        failures.push(asError(error));
      }
    }
    if (refusal) return refusal;
    throw new AggregateError(failures, "No upstream name server answered");
  }
}

interface Exchange {
  readonly upstream: Upstream;
  readonly request: Buffer;
  readonly signal: AbortSignal;
}

async function askOverUdp({ upstream, request, signal }: Exchange): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = await Bun.udpSocket({
    connect: { hostname: upstream.address, port: upstream.port },
    socket: {
      data: (_, message) => {
        if (answers(message, request)) resolve(Buffer.from(message));
      },
      error: (_, error) => reject(error),
    },
  });
  const onAbort = (): void => reject(asError(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    socket.send(request);
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.close();
  }
}

async function askOverTcp({ upstream, request, signal }: Exchange): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const deframer = new Deframer();
  const onAbort = (): void => reject(asError(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  const connecting = Bun.connect({
    hostname: upstream.address,
    port: upstream.port,
    socket: {
      open: (socket) => void socket.write(frame(request)),
      data: (_, chunk) => {
        const found = deframer.push(chunk).find((message) => answers(message, request));
        if (found) resolve(found);
      },
      close: () => reject(new Error(`${upstream.address} closed the connection`)),
      connectError: (_, error) => reject(error),
      error: (_, error) => reject(error),
    },
  });
  // A connection that comes too late is closed when it comes.
  connecting.catch(reject);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    connecting.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }
}

/** Whether a message answers the request: a response, with the same ID and the same question. */
function answers(message: Buffer, request: Buffer): boolean {
  if (message.length < HEADER_BYTES || (message.readUInt8(2) & RESPONSE_BIT) === 0) return false;
  if (message.readUInt16BE(0) !== request.readUInt16BE(0)) return false;
  const question = parseQuestion(request);
  if (typeof question === "string") return false;
  const asked = request.toString("latin1", HEADER_BYTES, question.end).toLowerCase();
  return message.toString("latin1", HEADER_BYTES, question.end).toLowerCase() === asked;
}
