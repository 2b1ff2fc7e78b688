import { COMMA_MARK } from "#serve/impersonation.ts";
import {
  type Field,
  FRAME_HEAD_BYTES,
  headerBlock,
  type Literal,
  plainLiteral,
  readField,
} from "./hpack.ts";
import { huffmanText, withoutCommas } from "./huffman-text.ts";
import { headEnd } from "./request-head.ts";

const PREFIX = "impersonate-";
const COMMA = 0x2c;
const MARK = COMMA_MARK.charCodeAt(0);
/** The first index that a client's own fields have in the table, behind those of RFC 7541, appendix A. */
const FIRST_OWN = 62;
/** More fields than this fit into no table that is in use. */
const MOST_ENTRIES = 4096;
const MOST_FRAME_BYTES = 16 * 1024;
const END_HEADERS = 0x04;

const REQUEST_LINE = /^[A-Z]{1,20} \/[^\r\n]* HTTP\/1\.1\r\n/;
const LINE_WITH_COMMA = /^impersonate-[^:\r\n]*:[^\r\n]*,[^\r\n]*$/gim;

/**
 * A request of HTTP/1.1 with the commas in its `Impersonate-` lines marked: the server behind joins
 * lines of one name with commas, and what is one name of a group could not be told apart any more.
 * What is no whole head stays as it is.
 */
export function withMarkedCommas(request: Buffer): Buffer {
  const end = headEnd(request);
  if (end < 0) return request;
  const head = request.toString("latin1", 0, end);
  if (!REQUEST_LINE.test(head)) return request;
  const marked = head.replace(LINE_WITH_COMMA, (line) => line.replaceAll(",", COMMA_MARK));
  if (marked === head) return request;
  return Buffer.concat([Buffer.from(marked, "latin1"), request.subarray(end)]);
}

/**
 * The same for the header blocks of a connection of HTTP/2. Of the table that clients and servers
 * keep it knows which entries have such names; a changed value is as long as before, so that both
 * go on to drop the same entries.
 */
export class ImpersonationLines {
  #inserted = 0;
  readonly #ours = new Set<number>();
  /** A block could not be followed: what comes now is left as it is. */
  #isLost = false;

  /** A HEADERS frame with marked commas; `undefined` where nothing is to be changed. */
  marked(frame: Buffer): Buffer | undefined {
    if (this.#isLost) return undefined;
    const { start, end } = headerBlock(frame);
    const pieces: Buffer[] = [];
    let sent = 0;
    for (let at = start; at < end; ) {
      const field = readField(frame, at);
      if (!field || field.end > end) {
        this.#isLost = true;
        return undefined;
      }
      const other = this.#follow(frame, field);
      if (other && field.value) {
        pieces.push(frame.subarray(sent, field.value.start), other);
        sent = field.value.end;
      }
      at = field.end;
    }
    // The rest of the block is in other frames.
    if (((frame[4] ?? 0) & END_HEADERS) === 0) this.#isLost = true;
    return pieces.length === 0 ? undefined : resized([...pieces, frame.subarray(sent)]);
  }

  /** Notes what the table gains by a field; its value with marks, where it has commas and such a name. */
  #follow(frame: Buffer, { index, name, value, inserts }: Field): Buffer | undefined {
    const isOurs = name
      ? isImpersonation(frame, name)
      : index >= FIRST_OWN && this.#ours.has(this.#inserted - 1 - (index - FIRST_OWN));
    if (inserts) {
      if (isOurs) this.#ours.add(this.#inserted);
      this.#inserted += 1;
      this.#ours.delete(this.#inserted - MOST_ENTRIES);
    }
    return isOurs && value ? markedValue(frame, value) : undefined;
  }
}

function isImpersonation(frame: Buffer, { text, end, huffman }: Literal): boolean {
  const bytes = frame.subarray(text, end);
  return (huffman ? huffmanText(bytes) : bytes.toString("latin1"))?.startsWith(PREFIX) ?? false;
}

function markedValue(frame: Buffer, { start, text, end, huffman }: Literal): Buffer | undefined {
  const bytes = frame.subarray(text, end);
  if (huffman) {
    const coded = withoutCommas(bytes);
    return coded && huffmanLiteral(coded);
  }
  if (!bytes.includes(COMMA)) return undefined;
  const marked = bytes.map((byte) => (byte === COMMA ? MARK : byte));
  return Buffer.concat([frame.subarray(start, text), marked]);
}

function huffmanLiteral(coded: Buffer): Buffer {
  const literal = plainLiteral(coded);
  literal[0] = (literal[0] ?? 0) | 0x80;
  return literal;
}

/** The frame of these pieces, unless it would be longer than frames may be. */
function resized(pieces: readonly Buffer[]): Buffer | undefined {
  const frame = Buffer.concat(pieces);
  const length = frame.length - FRAME_HEAD_BYTES;
  if (length > MOST_FRAME_BYTES) return undefined;
  frame.writeUIntBE(length, 0, 3);
  return frame;
}
