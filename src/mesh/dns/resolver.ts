import { tryParseIPv4 } from "#lib/cidr.ts";
import type { Logger } from "#lib/log.ts";
import type { MeshTable } from "../table.ts";
import { AnswerCache } from "./answer-cache.ts";
import type { Forwarder, Transport } from "./forwarder.ts";
import { parseQuestion, type Question } from "./question.ts";
import { CLASS_ANY, CLASS_IN, RCODE, TYPE } from "./records.ts";
import {
  encodeAlias,
  encodeAnswer,
  encodeCode,
  encodeFormatError,
  encodeQuery,
  UDP_SIZE_BYTES,
} from "./response.ts";
import { Zone, type ZoneOptions } from "./zone.ts";

export interface ResolverOptions {
  readonly zone: ZoneOptions;
  readonly forwarder: Forwarder;
  readonly log: Logger;
}

/** What a client gets without OPT (RFC 1035 4.2.1). */
const PLAIN_SIZE_BYTES = 512;
const TCP_SIZE_BYTES = 65_535;
/** An OPT record without options. */
const PLAIN_OPT_BYTES = 11;
/** The ID and the flags stand before it. */
const COUNTS_AT = 4;

/** From a query to its answer, whatever carries them. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #cache = new AnswerCache();
  #zone: Zone;

  constructor(options: ResolverOptions, table: MeshTable) {
    this.#options = options;
    this.#zone = new Zone(options.zone, table);
  }

  /** Answers from `table` from now on. */
  replaceTable(table: MeshTable): void {
    this.#zone = new Zone(this.#options.zone, table);
    this.#cache.clear();
  }

  /** The answer; at once for names of the cluster. `undefined`: say nothing. */
  answer(
    message: Buffer,
    transport: Transport,
    signal: AbortSignal,
  ): Buffer | undefined | Promise<Buffer> {
    const key = keyOf(message, transport);
    const cached = this.#cache.get(key);
    if (cached) return readdressed(cached, message);

    const question = parseQuestion(message);
    if (question === "ignored") return undefined;
    if (question === "malformed") return encodeFormatError(message);
    const refusal = refusalOf(question);
    if (refusal !== undefined) return encodeCode(question, refusal);

    const resolution = this.#zone.resolve(question.labels, question.type);
    if (resolution === "foreign") return this.#forward(message, { question, transport, signal });
    const limitBytes = limitOf(question, transport);
    if ("alias" in resolution) {
      return this.#follow(resolution.alias, { question, transport, limitBytes, signal });
    }
    const answer = encodeAnswer(question, resolution, { limitBytes });
    // Options differ from query to query (cookies), and would fill the cache with one answer.
    if (message.length <= question.end + PLAIN_OPT_BYTES) this.#cache.set(key, answer);
    return answer;
  }

  async #forward(message: Buffer, { question, transport, signal }: Asked): Promise<Buffer> {
    try {
      return await this.#options.forwarder.ask(message, transport, signal);
    } catch (error) {
      this.#options.log.debug("Could not resolve a foreign name", { name: question.name, error });
      return encodeCode(question, RCODE.serverFailure);
    }
  }

  /** Asks for what the alias means, as a resolver does; a name of the cluster is looked up here. */
  async #follow(
    alias: string,
    { question, transport, limitBytes, signal }: Asked & { readonly limitBytes: number },
  ): Promise<Buffer> {
    const query = encodeQuery(alias, question.type);
    const parsed = parseQuestion(query);
    if (typeof parsed === "string") return encodeCode(question, RCODE.serverFailure);
    const resolution = this.#zone.resolve(parsed.labels, parsed.type);
    if (resolution !== "foreign" && "alias" in resolution) {
      return encodeCode(question, RCODE.serverFailure);
    }
    try {
      const upstream =
        resolution === "foreign"
          ? await this.#options.forwarder.ask(query, transport, signal)
          : encodeAnswer(parsed, resolution, { limitBytes });
      return encodeAlias(question, { alias, upstream, limitBytes });
    } catch (error) {
      this.#options.log.debug("Could not resolve an external name", { name: alias, error });
      return encodeCode(question, RCODE.serverFailure);
    }
  }
}

interface Asked {
  readonly question: Question;
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

/** The code for what is no ordinary question, whatever its name. */
function refusalOf(question: Question): number | undefined {
  if (question.opcode !== 0) return RCODE.notImplemented;
  if ((question.edns?.version ?? 0) !== 0) return RCODE.badVersion;
  if (question.class !== CLASS_IN && question.class !== CLASS_ANY) return RCODE.refused;
  return question.type === TYPE.OPT ? RCODE.formatError : undefined;
}

/**
 * The query without its ID, RD and CD bits: what is equal in all of it has the same answer. Nothing
 * but a good query gets into the cache, so nothing else is found there.
 */
function keyOf(message: Buffer, transport: Transport): string {
  const flags = message.length > COUNTS_AT ? message.readUInt8(2) & 0xfe : 0;
  return `${transport}${flags}/${message.toString("latin1", COUNTS_AT)}`;
}

function limitOf({ edns }: Question, transport: Transport): number {
  if (transport === "tcp") return TCP_SIZE_BYTES;
  if (!edns) return PLAIN_SIZE_BYTES;
  return edns.udpSizeBytes >= UDP_SIZE_BYTES ? UDP_SIZE_BYTES : PLAIN_SIZE_BYTES;
}

/** A copy of an answer under the ID and the RD bit of another query. */
function readdressed(answer: Buffer, query: Buffer): Buffer {
  const copy = Buffer.from(answer);
  copy.writeUInt16BE(query.readUInt16BE(0), 0);
  copy[2] = (copy.readUInt8(2) & 0xfe) | (query.readUInt8(2) & 1);
  return copy;
}

/** Whether a client may ask: pods, and this host itself. */
export type ClientRule = (address: string) => boolean;

/** Clients of these addresses, all of the range of the pods, and loopback. */
export function clientRule(options: {
  readonly addresses: readonly string[];
  readonly contains: (address: number) => boolean;
}): ClientRule {
  const known = new Set(options.addresses);
  return (address) => {
    const value = tryParseIPv4(address);
    if (value === undefined) return false;
    return known.has(address) || value >>> 24 === 127 || options.contains(value);
  };
}
