import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { explain } from "#lib/errors.ts";
import { SystemCallError } from "#linux/libc.ts";
import { Tree } from "#linux/tree.ts";
import { decompressed } from "../archive/decompress.ts";
import { type Digest, Digester } from "../digest.ts";
import { ImageError } from "../image-error.ts";
import { TarReader } from "../tar/reader.ts";
import { TarError } from "../tar/tar-error.ts";
import { type LayerFacts, type LayerPaths, makeLayerDirectory } from "./layer-files.ts";
import type { UnpackLimits } from "./limits.ts";
import { SkeletonWriter } from "./skeleton.ts";
import { Unpacker } from "./unpacker.ts";

export interface UnpackRequest {
  /** The layer's archive, compressed or not. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What the archive must be, not compressed. */
  readonly diffId: Digest;
  /** A directory that is not there yet. */
  readonly directory: string;
  readonly run: number;
  readonly isFetched?: boolean;
  readonly limits: UnpackLimits;
}

/**
 * Unpacks a layer as its bytes arrive. The directory is the caller's to name, or to remove when
 * this throws.
 * @throws {ImageError} when the bytes are damaged, not what was asked for, or too many; what
 * `bytes` throws.
 */
export async function unpackLayer(request: UnpackRequest): Promise<LayerFacts> {
  try {
    return await unpack(request);
  } catch (error) {
    throw told(error);
  }
}

async function unpack(request: UnpackRequest): Promise<LayerFacts> {
  const { diffId, directory, run, bytes, limits, isFetched = false } = request;
  const paths = makeLayerDirectory(directory);
  using files = new LayerFiles(paths);
  using tree = new Tree(paths.tree);
  const skeleton = new SkeletonWriter(files.skeleton);
  using unpacker = new Unpacker({ tree, skeleton, limits, aside: () => files.aside() });
  const reader = new TarReader(unpacker);
  const digester = new Digester();
  for await (const piece of decompressed(bytes)) {
    digester.update(piece);
    reader.push(piece);
  }
  reader.end();
  unpacker.finish();
  const found = digester.digest();
  if (found !== diffId) throw new ImageError(`its content is ${found} and not ${diffId}`);
  const { sizeBytes } = unpacker;
  const facts: LayerFacts = { diffId, sizeBytes, archiveBytes: digester.bytes, run, isFetched };
  writeFileSync(paths.facts, JSON.stringify(facts));
  return facts;
}

/** A failure in words for the person whose image it is. */
function told(error: unknown): unknown {
  if (error instanceof TarError) return new ImageError(`its archive is damaged: ${error.message}`);
  const isOfTheDisk =
    error instanceof SystemCallError || (error instanceof Error && "syscall" in error);
  if (isOfTheDisk) return new ImageError(explain(error), { cause: error });
  return error;
}

/** What is open beside the tree while a layer is unpacked. */
class LayerFiles implements Disposable {
  readonly skeleton: number;
  readonly #paths: LayerPaths;
  #aside: number | undefined;

  constructor(paths: LayerPaths) {
    this.#paths = paths;
    this.skeleton = openSync(paths.skeleton, "wx", 0o600);
  }

  /** The directory of files that others took the place of. */
  aside(): number {
    if (this.#aside === undefined) {
      mkdirSync(this.#paths.aside, { mode: 0o700 });
      this.#aside = openSync(this.#paths.aside, "r");
    }
    return this.#aside;
  }

  [Symbol.dispose](): void {
    closeSync(this.skeleton);
    if (this.#aside !== undefined) closeSync(this.#aside);
  }
}
