import { Digester } from "../digest.ts";
import { ImageError } from "../image-error.ts";
import type { KeptBlob } from "../kept/kept-blob.ts";
import type { KeptBlobs } from "../kept/kept-blobs.ts";
import { WrongBytes } from "./endpoint-client.ts";
import { type TransferRequest, transfer } from "./transfer.ts";

export interface BlobRequest extends TransferRequest {
  /** Where what comes is kept until its layer is there. Absent: nowhere. */
  readonly kept?: KeptBlobs;
}

/**
 * The bytes of a blob as they arrive, which are checked once all have passed. One that was broken
 * off before is fetched to its end first, and checked, so that a link that breaks again and again
 * does not have its beginning unpacked again and again.
 * @throws {ImageError} when they are others, too few or too many, or do not come.
 */
export async function* blobBytes(
  request: BlobRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { descriptor, kept } = request;
  using copy = kept?.open(descriptor);
  if (copy && (await complete(request, copy, signal))) return yield* copy.bytes(signal);
  const digester = new Digester();
  for await (const bytes of transfer(request, digester, signal)) {
    copy?.add(bytes);
    yield bytes;
  }
  copy?.end();
  const found = digester.digest();
  if (found === descriptor.digest) return;
  throw new ImageError(`the blob ${descriptor.digest} is corrupt: its bytes are ${found}`);
}

/**
 * Fetches what a copy lacks. False where there is nothing to begin with, and where it came to
 * nothing, be it that the copy was damaged: then it is empty.
 * @throws {BrokenOff}
 */
async function complete(
  request: BlobRequest,
  copy: KeptBlob,
  signal: AbortSignal,
): Promise<boolean> {
  const digester = new Digester();
  for await (const bytes of copy.bytes(signal)) digester.update(bytes);
  if (digester.bytes === 0) return false;
  try {
    for await (const bytes of transfer(request, digester, signal)) copy.add(bytes);
  } catch (error) {
    if (!(error instanceof WrongBytes)) throw error;
  }
  if (copy.end() && digester.digest() === request.descriptor.digest) return true;
  copy.clear();
  return false;
}
