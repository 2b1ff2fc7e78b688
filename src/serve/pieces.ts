import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, crc32, deflateRaw } from "node:zlib";

/** A long body is made, compressed and sent in pieces of about this size. */
const PIECE_BYTES = 256 * 1024;
/** Pieces that are compressed at once, on threads of their own; more wait until the client reads. */
const PIECES_AHEAD = 3;

const deflate = promisify<Uint8Array, object, Buffer>(deflateRaw);

/** Parts of a body, gathered to pieces that are worth sending. */
export function* piecesOf(parts: Iterable<Uint8Array>): Generator<Uint8Array<ArrayBuffer>> {
  let gathered: Uint8Array[] = [];
  let lengthBytes = 0;
  for (const part of parts) {
    gathered.push(part);
    lengthBytes += part.length;
    if (lengthBytes < PIECE_BYTES) continue;
    yield Buffer.concat(gathered, lengthBytes);
    gathered = [];
    lengthBytes = 0;
  }
  if (lengthBytes > 0) yield Buffer.concat(gathered, lengthBytes);
}

/** A body that is made as the client reads it, one piece in a turn of the event loop. */
export function streamOf(pieces: Iterator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array> {
  return pulled(async () => {
    await nextTurn();
    const { value } = pieces.next();
    return value;
  });
}

/**
 * The same as one gzip member (RFC 1952). Every piece is deflated by itself up to a byte boundary
 * (`Z_SYNC_FLUSH`), so that they can be compressed side by side and simply follow each other.
 */
export function gzipStreamOf(
  pieces: Iterator<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array> {
  const ahead: Promise<Uint8Array>[] = [];
  let checksum = 0;
  let lengthBytes = 0;
  let made = false;
  const compress = async (piece: Uint8Array): Promise<Uint8Array> => {
    checksum = crc32(piece, checksum);
    lengthBytes += piece.length;
    const finishFlush = constants.Z_SYNC_FLUSH;
    return await deflate(piece, { level: 1, finishFlush, chunkSize: PIECE_BYTES });
  };
  const fill = async (): Promise<void> => {
    while (!made && ahead.length < PIECES_AHEAD) {
      await nextTurn();
      const { value, done } = pieces.next();
      if (done === true) {
        made = true;
        ahead.push(Promise.resolve(gzipEnd(checksum, lengthBytes)));
      } else ahead.push(compress(value));
    }
  };
  ahead.push(Promise.resolve(GZIP_START));
  return pulled(async () => {
    await fill();
    return await ahead.shift();
  });
}

/** A stream that asks for its next chunk only when its reader wants one; `undefined` ends it. */
function pulled(next: () => Promise<Uint8Array | undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await next();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    },
    { highWaterMark: 1 },
  );
}

const DEFLATE = 8;
const UNKNOWN_SYSTEM = 255;
const GZIP_START = Uint8Array.of(0x1f, 0x8b, DEFLATE, 0, 0, 0, 0, 0, 0, UNKNOWN_SYSTEM);

/** An empty last block, then the checksum and the length of what was compressed. */
function gzipEnd(checksum: number, lengthBytes: number): Uint8Array {
  const end = Buffer.alloc(10);
  end.set([0x03, 0x00]);
  end.writeUInt32LE(checksum, 2);
  end.writeUInt32LE(lengthBytes % 2 ** 32, 6);
  return end;
}
