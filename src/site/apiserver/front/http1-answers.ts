import { MARK } from "./head-first.ts";
import { headEnd } from "./request-head.ts";

const ANSWER = Buffer.from("HTTP/1.");
const STATUS_AT = "HTTP/1.1 ".length;
const SWITCHING_PROTOCOLS = "101";
/** `HTTP`, and the digit that interim answers begin with. */
const [HTTP, ONE] = [0x48545450, 0x31];
/** The mark as a chunk of its own. To clients of HTTP/1.0 a body is sent as it is. */
const MARKS: readonly Buffer[] = [
  Buffer.concat([Buffer.from(`${MARK.length.toString(16)}\r\n`), MARK, Buffer.from("\r\n")]),
  MARK,
];
const MARK_STARTS: ReadonlySet<number | undefined> = new Set(MARKS.map(([first]) => first));
/** More than any head of an answer has. */
const MOST_HEAD_BYTES = 1024 * 1024;

/** Takes the mark out of what an HTTP/1 server sends, where a body begins with it. */
export class Http1Answers {
  /** What comes next: the head of an answer, the first bytes of its body, or others. */
  #next: "head" | "start" | "body" = "head";
  /** The beginning of something of which not enough is there yet. */
  #held: Buffer | undefined;
  #isLong = false;

  /** True while the last answer is one that may be quiet for long, or another protocol. */
  get isLong(): boolean {
    return this.#isLong;
  }

  /** The client sent something: what comes next may be the head of an answer. */
  asked(): void {
    if (this.#next === "body") this.#next = "head";
  }

  /** What to send on for what was received; nothing but half a head, or half a mark, is held back. */
  pass(received: Buffer): Buffer {
    if (this.#next === "body") return received;
    if (this.#next === "head" && !this.#held && isPlain(received)) {
      this.#next = "body";
      this.#isLong = false;
      return received;
    }
    const bytes = this.#held ? Buffer.concat([this.#held, received]) : received;
    this.#held = undefined;
    let at = 0;
    while (at < bytes.length && agree(bytes.subarray(at), ANSWER)) {
      const length = headEnd(bytes.subarray(at));
      if (length < 0) return this.#hold(bytes, at);
      const status = bytes.toString("latin1", at + STATUS_AT, at + STATUS_AT + 3);
      this.#isLong = status === SWITCHING_PROTOCOLS;
      this.#next = status.startsWith("1") && !this.#isLong ? "head" : "start";
      at += length;
    }
    return this.#next === "start" ? this.#begin(bytes, at) : bytes;
  }

  #begin(bytes: Buffer, at: number): Buffer {
    const rest = bytes.subarray(at);
    if (rest.length === 0) return bytes;
    const mark = MARKS.find((one) => agree(rest, one));
    if (mark && rest.length < mark.length) return this.#hold(bytes, at);
    this.#next = "body";
    if (mark) this.#isLong = true;
    return mark ? Buffer.concat([bytes.subarray(0, at), rest.subarray(mark.length)]) : bytes;
  }

  #hold(bytes: Buffer, at: number): Buffer {
    if (bytes.length - at > MOST_HEAD_BYTES) {
      this.#next = "body";
      return bytes;
    }
    this.#held = bytes.subarray(at);
    return bytes.subarray(0, at);
  }
}

/** True for a whole head with a body that is not marked, as nearly all are: a look that copies nothing. */
function isPlain(bytes: Buffer): boolean {
  if (bytes.length <= STATUS_AT || bytes.readUInt32BE(0) !== HTTP) return false;
  const end = headEnd(bytes);
  return end > 0 && end < bytes.length && bytes[STATUS_AT] !== ONE && !MARK_STARTS.has(bytes[end]);
}

/** True where one of both begins with the other. */
function agree(one: Buffer, other: Buffer): boolean {
  const length = Math.min(one.length, other.length);
  return one.subarray(0, length).equals(other.subarray(0, length));
}
