import { abortReason, sleep } from "#lib/abort.ts";
import { Backoff } from "#lib/backoff.ts";
import { errorCode, explain, must } from "#lib/errors.ts";
import type { Digester } from "../digest.ts";
import { ImageError } from "../image-error.ts";
import { type EndpointClient, PassingFailure, WrongBytes } from "./endpoint-client.ts";
import type { Descriptor } from "./media-types.ts";

/** How patient a download is. */
export interface Patience {
  /** Without a byte for so long a connection counts as broken. */
  readonly stallMs: number;
  /** Tries in a row that bring nothing before it is given up. */
  readonly tries: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

export const PATIENCE: Patience = {
  stallMs: 30_000,
  tries: 6,
  firstDelayMs: 500,
  maxDelayMs: 30_000,
};

/** The transfer was broken off: what came of it is right, and another try goes on from there. */
export class BrokenOff extends ImageError {}

export interface TransferRequest {
  /** Where it may be had: the next one is asked where one does not have it. */
  readonly clients: readonly EndpointClient[];
  readonly descriptor: Descriptor;
  readonly patience: Patience;
  /** Bytes so far. */
  readonly onBytes: (doneBytes: number) => void;
}

/**
 * The bytes of a blob as they arrive, from where `digester` is on; it takes in what comes. A broken
 * connection is taken up where it broke. The digest is the caller's to check.
 * @throws {BrokenOff} when they do not come.
 * @throws {WrongBytes} when they are too many, or from another place.
 */
export async function* transfer(
  request: TransferRequest,
  digester: Digester,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { descriptor, patience, onBytes } = request;
  const course = new Course(request);
  onBytes(digester.bytes);
  while (digester.bytes < descriptor.size) {
    const from = digester.bytes;
    try {
      const wanted = { descriptor, from, patience };
      for await (const bytes of part(course.client, wanted, signal)) {
        digester.update(bytes);
        checkSize(descriptor, digester.bytes);
        onBytes(digester.bytes);
        yield bytes;
      }
      if (digester.bytes < descriptor.size) {
        throw new PassingFailure("the connection ended too early");
      }
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      await course.goOn(error, { from, to: digester.bytes }, signal);
    }
  }
}

function checkSize({ digest, size }: Descriptor, bytes: number): void {
  if (bytes <= size) return;
  throw new WrongBytes(`the blob ${digest} has more than the ${size} bytes that it should have`);
}

/** Whom to ask after a failure, and when: the same place later, the next one at once, in the end nobody. */
class Course {
  client: EndpointClient;
  readonly #later: readonly EndpointClient[];
  readonly #descriptor: Descriptor;
  readonly #tries: number;
  readonly #backoff: Backoff;
  #refusals = 0;
  #fruitless = 0;

  constructor({ clients, descriptor, patience }: TransferRequest) {
    const [client, ...later] = clients;
    this.client = must(client, "a place to ask");
    this.#later = later;
    this.#descriptor = descriptor;
    this.#tries = patience.tries;
    this.#backoff = new Backoff({
      initialMs: patience.firstDelayMs,
      maxMs: patience.maxDelayMs,
      jitter: 0.2,
    });
  }

  /**
   * @throws {BrokenOff} when there is nobody left, or the place has failed often enough.
   * @throws {WrongBytes} when the last place gives such.
   */
  async goOn(
    failure: unknown,
    got: { readonly from: number; readonly to: number },
    signal: AbortSignal,
  ): Promise<void> {
    if (failure instanceof PassingFailure) return await this.#wait(failure, got, signal);
    const next = this.#later[this.#refusals];
    if (!(failure instanceof ImageError)) throw failure;
    if (!next) {
      if (failure instanceof WrongBytes) throw failure;
      throw new BrokenOff(failure.message, { cause: failure });
    }
    this.#refusals += 1;
    this.client = next;
  }

  async #wait(
    failure: PassingFailure,
    got: { readonly from: number; readonly to: number },
    signal: AbortSignal,
  ): Promise<void> {
    if (got.to > got.from) {
      this.#fruitless = 0;
      this.#backoff.reset();
    }
    this.#fruitless += 1;
    if (this.#fruitless >= this.#tries) {
      const { digest, size } = this.#descriptor;
      throw new BrokenOff(
        `the blob ${digest} stops at ${got.to} of ${size} bytes: ${explain(failure)} (${this.#tries} tries)`,
        { cause: failure },
      );
    }
    await sleep(this.#backoff.next(), signal);
  }
}

interface Part {
  readonly descriptor: Descriptor;
  readonly from: number;
  readonly patience: Patience;
}

/** One connection's worth of bytes. @throws {PassingFailure} when it breaks or stalls. */
async function* part(
  client: EndpointClient,
  { descriptor, from, patience }: Part,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stalled = new AbortController();
  const linked = AbortSignal.any([signal, stalled.signal]);
  const request = { path: `blobs/${descriptor.digest}`, ...rangeFrom(from) };
  const answer = await client.get(request, linked);
  // A server that knows no ranges begins again.
  let toSkip = from > 0 && answer.status !== 206 ? from : 0;
  checkRange(answer, from);
  let timer = setTimeout(() => stalled.abort(), patience.stallMs);
  try {
    for await (const bytes of answer.body ?? []) {
      clearTimeout(timer);
      const skipped = Math.min(toSkip, bytes.length);
      toSkip -= skipped;
      if (skipped < bytes.length) yield bytes.subarray(skipped);
      timer = setTimeout(() => stalled.abort(), patience.stallMs);
    }
  } catch (error) {
    if (signal.aborted || error instanceof ImageError) throw error;
    throw new PassingFailure(
      stalled.signal.aborted
        ? `no byte came from ${client.host} for ${patience.stallMs / 1000} s`
        : `${client.host} broke the connection (${errorCode(error) ?? explain(error)})`,
    );
  } finally {
    clearTimeout(timer);
  }
}

function rangeFrom(from: number): { readonly headers?: { readonly range: string } } {
  return from === 0 ? {} : { headers: { range: `bytes=${from}-` } };
}

function checkRange(answer: Response, from: number): void {
  if (answer.status !== 206) return;
  const range = answer.headers.get("content-range") ?? "";
  if (range.startsWith(`bytes ${from}-`)) return;
  throw new WrongBytes(`the registry answers a request for bytes from ${from} on with "${range}"`);
}
