import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { asError, explain } from "#lib/errors.ts";
import { ImageError } from "../image-error.ts";

/** How bytes are packed, told by their first ones. */
export type Compression = "none" | "gzip" | "zstd";

const MAGIC: readonly (readonly [magic: string, name: string])[] = [
  ["1f8b", "gzip"],
  ["28b52ffd", "zstd"],
  ["fd377a585a00", "xz"],
  ["425a68", "bzip2"],
];
/** Frames that zstd's readers pass over, such as an index in front: `5?2a4d18`. */
const ZSTD_SKIPPABLE = /^5[0-9a-f]2a4d18/;
const MAGIC_BYTES = 6;
/** What comes out at a time: large enough that the thread is seldom left for the next one. */
const PIECE_BYTES = 256 * 1024;

/** @throws {ImageError} for what is packed in a way that images are not. */
export function compressionOf(start: Uint8Array): Compression {
  const hex = Buffer.from(start.subarray(0, MAGIC_BYTES)).toString("hex");
  const [, name = "none"] = MAGIC.find(([magic]) => hex.startsWith(magic)) ?? [];
  if (name === "gzip" || name === "zstd" || name === "none") {
    return name === "none" && ZSTD_SKIPPABLE.test(hex) ? "zstd" : name;
  }
  throw new ImageError(`it is compressed by ${name}, which images are not: use gzip or zstd`);
}

/**
 * Bytes as they were before they were compressed, by whatever their first ones tell.
 * @throws {ImageError} when they are damaged; what `source` throws.
 */
export async function* decompressed(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    const start = await firstBytes(iterator);
    const all = resumed(start, iterator);
    switch (compressionOf(start)) {
      case "none":
        return yield* all;
      case "gzip":
        return yield* through(createGunzip({ chunkSize: PIECE_BYTES }), all);
      case "zstd":
        return yield* through(createZstdDecompress({ chunkSize: PIECE_BYTES }), all);
    }
  } finally {
    await iterator.return?.();
  }
}

/** As many bytes as tell how they are packed, where there are so many. */
export async function firstBytes(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let start = Buffer.alloc(0);
  while (start.length < MAGIC_BYTES) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    start = start.length === 0 ? Buffer.from(value) : Buffer.concat([start, value]);
  }
  return start;
}

async function* resumed(
  start: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start.length > 0) yield start;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    yield next.value;
  }
}

async function* through(
  transform: Transform,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let sourceFailure: Error | undefined;
  const told = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (error) {
      sourceFailure = asError(error);
      throw sourceFailure;
    }
  };
  // What fails on either side comes out of the loop below.
  pipeline(Readable.from(told()), transform, () => undefined);
  try {
    for await (const bytes of transform) yield bytes;
  } catch (error) {
    if (sourceFailure) throw sourceFailure;
    throw new ImageError(`it cannot be decompressed: ${explain(error)}`, { cause: error });
  } finally {
    transform.destroy();
  }
}
