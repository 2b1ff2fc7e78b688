/** An answer; of its body only what the reader was asked to keep. */
export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
  readonly body: Buffer;
}

const HEAD_END = "\r\n\r\n";
const LINE_END = "\r\n";
/** `HTTP/1.1 200` */
const STATUS_AT = 9;

/**
 * Reads HTTP/1.1 answers, one after another, from bytes as they come. It does as little as it can:
 * it shares the machine with what it measures.
 */
export class HttpReader {
  readonly #onAnswer: (answer: Answer) => void;
  readonly #keepBody: boolean;
  #rest: Buffer = Buffer.alloc(0);
  #status = 0;
  #chunked = false;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #missing = 0;
  #state: "head" | "body" | "chunk-size" | "chunk" | "trailer" = "head";
  #kept: Buffer[] = [];
  #bodyBytes = 0;

  constructor(onAnswer: (answer: Answer) => void, { keepBody = false } = {}) {
    this.#onAnswer = onAnswer;
    this.#keepBody = keepBody;
  }

  read(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#step());
  }

  /** Whether something was read. */
  #step(): boolean {
    switch (this.#state) {
      case "head":
        return this.#head();
      case "chunk-size":
        return this.#chunkSize();
      case "trailer":
        return this.#trailer();
      case "body":
      case "chunk":
        return this.#content();
      default:
        throw new TypeError(`No state ${this.#state}`);
    }
  }

  #head(): boolean {
    const end = this.#rest.indexOf(HEAD_END);
    if (end < 0) return false;
    const head = this.#rest.toString("latin1", 0, end).toLowerCase();
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    this.#status = Number(head.slice(STATUS_AT, STATUS_AT + 3));
    this.#chunked = head.includes("\r\ntransfer-encoding: chunked");
    this.#bodyBytes = 0;
    this.#missing = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
    this.#state = this.#chunked ? "chunk-size" : "body";
    if (!this.#chunked && this.#missing === 0) this.#finish();
    return true;
  }

  #chunkSize(): boolean {
    const end = this.#rest.indexOf(LINE_END);
    if (end < 0) return false;
    this.#missing = Number.parseInt(this.#rest.toString("latin1", 0, end), 16);
    this.#rest = this.#rest.subarray(end + LINE_END.length);
    this.#state = this.#missing === 0 ? "trailer" : "chunk";
    return true;
  }

  /** The empty line after a chunk, or after the last of them. */
  #trailer(): boolean {
    if (this.#rest.length < LINE_END.length) return false;
    this.#rest = this.#rest.subarray(LINE_END.length);
    this.#finish();
    return true;
  }

  #content(): boolean {
    if (this.#rest.length === 0) return false;
    const part = this.#rest.subarray(0, this.#missing);
    if (this.#missing > 0) {
      this.#rest = this.#rest.subarray(part.length);
      this.#missing -= part.length;
      this.#bodyBytes += part.length;
      if (this.#keepBody) this.#kept.push(part);
      if (this.#missing > 0) return false;
      if (!this.#chunked) this.#finish();
      return true;
    }
    if (this.#rest.length < LINE_END.length) return false;
    this.#rest = this.#rest.subarray(LINE_END.length);
    this.#state = "chunk-size";
    return true;
  }

  #finish(): void {
    const body = Buffer.concat(this.#kept);
    this.#kept = [];
    this.#state = "head";
    this.#onAnswer({ status: this.#status, bodyBytes: this.#bodyBytes, body });
  }
}
