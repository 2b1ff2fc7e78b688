const LENGTH_BYTES = 2;

/** A message as DNS over TCP carries it: its length before it (RFC 1035 4.2.2). */
export function frame(message: Buffer): Buffer {
  const framed = Buffer.alloc(LENGTH_BYTES + message.length);
  framed.writeUInt16BE(message.length, 0);
  framed.set(message, LENGTH_BYTES);
  return framed;
}

/** Puts the messages of a TCP stream together again. Holds at most one of 64 KiB. */
export class Deframer {
  #pending: Buffer = Buffer.alloc(0);

  /** The messages that `chunk` completes. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const messages: Buffer[] = [];
    for (;;) {
      if (this.#pending.length < LENGTH_BYTES) return messages;
      const end = LENGTH_BYTES + this.#pending.readUInt16BE(0);
      if (this.#pending.length < end) return messages;
      messages.push(Buffer.from(this.#pending.subarray(LENGTH_BYTES, end)));
      this.#pending = this.#pending.subarray(end);
    }
  }
}
