/** A DNS query as far as an answer depends on it. */
export interface Question {
  readonly id: number;
  readonly recursionDesired: boolean;
  /** As asked: answers repeat the case of it (draft-vixie-dnsext-dns0x20). */
  readonly name: string;
  /** The labels in lower case. */
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
  readonly opcode: number;
  /** Where the question ends in the message. */
  readonly end: number;
  /** Absent where the client did not send an OPT record (RFC 6891). */
  readonly edns?: { readonly udpSizeBytes: number; readonly version: number };
}

const HEADER_BYTES = 12;
const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
const TYPE_OPT = 41;
const OPT_BYTES = 11;
const RESPONSE_BIT = 0x80;

/**
 * Reads the question of a query. `malformed`: to be answered with FORMERR; `ignored`: no query at
 * all, and an answer to it could start a loop.
 */
export function parseQuestion(message: Buffer): Question | "malformed" | "ignored" {
  if (message.length < HEADER_BYTES || (message.readUInt8(2) & RESPONSE_BIT) !== 0)
    return "ignored";
  if (message.readUInt16BE(4) !== 1) return "malformed";
  const name = parseName(message);
  if (name === undefined || name.end + 4 > message.length) return "malformed";
  const end = name.end + 4;
  const edns = parseOpt(message, end);
  return {
    id: message.readUInt16BE(0),
    opcode: (message.readUInt8(2) >> 3) & 15,
    recursionDesired: (message.readUInt8(2) & 1) === 1,
    name: name.labels.join("."),
    labels: name.labels.map((label) => label.toLowerCase()),
    type: message.readUInt16BE(name.end),
    class: message.readUInt16BE(name.end + 2),
    end,
    ...(edns && { edns }),
  };
}

/** The first name of the message; it cannot be compressed, there is nothing before it. */
function parseName(message: Buffer): { labels: string[]; end: number } | undefined {
  const labels: string[] = [];
  let offset = HEADER_BYTES;
  for (;;) {
    if (offset >= message.length || offset - HEADER_BYTES >= MAX_NAME_BYTES) return undefined;
    const length = message.readUInt8(offset);
    offset += 1;
    if (length === 0) return { labels, end: offset };
    if (length > MAX_LABEL_BYTES || offset + length > message.length) return undefined;
    labels.push(message.toString("latin1", offset, offset + length));
    offset += length;
  }
}

/** The OPT record, where it stands directly behind the question, as every client sends it. */
function parseOpt(message: Buffer, offset: number): Question["edns"] | undefined {
  const onlyAdditional =
    message.readUInt16BE(6) === 0 && message.readUInt16BE(8) === 0 && message.readUInt16BE(10) > 0;
  if (!onlyAdditional || offset + OPT_BYTES > message.length) return undefined;
  if (message.readUInt8(offset) !== 0 || message.readUInt16BE(offset + 1) !== TYPE_OPT) {
    return undefined;
  }
  return {
    udpSizeBytes: message.readUInt16BE(offset + 3),
    version: message.readUInt8(offset + 6),
  };
}
