import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { writeAll } from "./write-all.ts";

/**
 * All of a layer's archive but the bytes of its files: what gives the very same archive again from
 * the files on disk, as Docker's tar-split does. Records in gzip members of about a megabyte, each
 * with its length in front.
 */
export type SkeletonRecord =
  | { readonly kind: "raw"; readonly bytes: Buffer }
  /** Bytes of a file follow here. */
  | { readonly kind: "content"; readonly path: string; readonly pieces: readonly Piece[] }
  /** What was unpacked to a path before now lies aside: a later entry took its place. */
  | { readonly kind: "aside"; readonly path: string; readonly name: string };

/** Bytes of a file. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

const KIND = { raw: 0, content: 1, aside: 2 } as const;
const RECORD_HEADER_BYTES = 5;
const MEMBER_BYTES = 1024 * 1024;

/** Writes a skeleton, into a descriptor that stays the caller's. */
export class SkeletonWriter {
  readonly #descriptor: number;
  #parts: Buffer[] = [];
  #partBytes = 0;
  /** Raw bytes so far, of which a bomb could have any number. */
  rawBytes = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  raw(bytes: Uint8Array): void {
    this.rawBytes += bytes.length;
    this.#record(KIND.raw, Buffer.from(bytes));
  }

  content(path: string, pieces: readonly Piece[]): void {
    this.#record(KIND.content, Buffer.from(JSON.stringify([path, pieces.flatMap(pair)])));
  }

  aside(path: string, name: string): void {
    this.#record(KIND.aside, Buffer.from(JSON.stringify([path, name])));
  }

  /** Writes what is left. */
  end(): void {
    if (this.#partBytes === 0) return;
    const member = gzipSync(Buffer.concat(this.#parts), { level: 1 });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(member.length);
    writeAll(this.#descriptor, length);
    writeAll(this.#descriptor, member);
    this.#parts = [];
    this.#partBytes = 0;
  }

  #record(kind: number, payload: Buffer): void {
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    header.writeUInt8(kind, 0);
    header.writeUInt32LE(payload.length, 1);
    this.#parts.push(header, payload);
    this.#partBytes += header.length + payload.length;
    if (this.#partBytes >= MEMBER_BYTES) this.end();
  }
}

const pair = ({ offset, length }: Piece): [number, number] => [offset, length];

/** The records of a skeleton, in order. @throws when the file is damaged. */
export function* readSkeleton(path: string): Generator<SkeletonRecord> {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    for (let at = 0; at < size; ) {
      const memberBytes = readAt(descriptor, { offset: at, length: 4 }).readUInt32LE(0);
      const member = readAt(descriptor, { offset: at + 4, length: memberBytes });
      at += 4 + memberBytes;
      yield* records(gunzipSync(member));
    }
  } finally {
    closeSync(descriptor);
  }
}

function* records(bytes: Buffer): Generator<SkeletonRecord> {
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes.readUInt8(at);
    const length = bytes.readUInt32LE(at + 1);
    const payload = bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length);
    at += RECORD_HEADER_BYTES + length;
    yield record(kind, payload);
  }
}

function record(kind: number, payload: Buffer): SkeletonRecord {
  switch (kind) {
    case KIND.raw:
      return { kind: "raw", bytes: payload };
    case KIND.content: {
      const [path, numbers]: [string, number[]] = JSON.parse(payload.toString());
      const pieces = numbers.flatMap((offset, index) =>
        index % 2 === 0 ? [{ offset, length: numbers[index + 1] ?? 0 }] : [],
      );
      return { kind: "content", path, pieces };
    }
    case KIND.aside: {
      const [path, name]: [string, string] = JSON.parse(payload.toString());
      return { kind: "aside", path, name };
    }
    default:
      throw new Error(`A record has the unknown kind ${kind}`);
  }
}

function readAt(descriptor: number, { offset, length }: Piece): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const count = readSync(descriptor, bytes, done, length - done, offset + done);
    if (count === 0) throw new Error("The file ends in the middle");
    done += count;
  }
  return bytes;
}
