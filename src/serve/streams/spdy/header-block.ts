import { Deflate, Inflate, Z_SYNC_FLUSH } from "pako";
import { headerDictionary } from "./header-dictionary.ts";
import { SpdyError } from "./spdy-error.ts";

/** Lower-case names to values; several values of a name are joined by NUL (SPDY/3.1 §2.6.10). */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** Far more than any client sends, far less than a compressed bomb unpacks to. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** Packs the header blocks of one direction of a connection; order matters, the state is shared. */
export class HeaderPacker {
  readonly #out: Uint8Array[] = [];
  readonly #deflate = deflateInto(this.#out);

  pack(headers: SpdyHeaders): Uint8Array {
    const pairs = Object.entries(headers);
    const parts = [uint32(pairs.length)];
    for (const [name, value] of pairs) parts.push(...sized(name.toLowerCase()), ...sized(value));
    this.#deflate.push(Buffer.concat(parts), Z_SYNC_FLUSH);
    return Buffer.concat(this.#out.splice(0));
  }
}

/** Unpacks the header blocks of one direction of a connection, every one of them, in order. */
export class HeaderUnpacker {
  readonly #out: Uint8Array[] = [];
  readonly #inflate = inflateInto(this.#out);

  /** @throws {SpdyError} when the block is damaged or too large; the connection is then lost. */
  unpack(block: Uint8Array): SpdyHeaders {
    this.#out.length = 0;
    this.#inflate.push(block, Z_SYNC_FLUSH);
    if (this.#inflate.err !== 0) {
      throw new SpdyError(`Cannot unpack headers: ${this.#inflate.msg || this.#inflate.err}`);
    }
    return readPairs(Buffer.concat(this.#out.splice(0)));
  }
}

// A window of 2 KiB holds the whole dictionary: 11 KB per connection instead of 256.
function deflateInto(out: Uint8Array[]): Deflate {
  const deflate = new Deflate({ dictionary: headerDictionary, windowBits: 11, memLevel: 1 });
  deflate.onData = (chunk) => void out.push(chunk);
  return deflate;
}

function inflateInto(out: Uint8Array[]): Inflate {
  const inflate = new Inflate({ dictionary: headerDictionary, chunkSize: 4096 });
  inflate.onData = (chunk) => {
    out.push(chunk);
    if (out.length * 4096 > MAX_BLOCK_BYTES) throw new SpdyError("Header block is too large");
  };
  return inflate;
}

function readPairs(block: Buffer): SpdyHeaders {
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new SpdyError("Header block is cut short");
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw new SpdyError("Header block is cut short");
    at += length;
    return block.toString("utf8", at - length, at);
  };
  const headers: Record<string, string> = Object.create(null);
  for (let left = number(); left > 0; left--) {
    const name = text().toLowerCase();
    headers[name] = text();
  }
  return headers;
}

function sized(text: string): [Buffer, Buffer] {
  const bytes = Buffer.from(text);
  return [uint32(bytes.length), bytes];
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
