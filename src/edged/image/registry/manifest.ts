import { ImageError } from "../image-error.ts";
import { chooseManifest, type Platform } from "../platform.ts";
import type { Descriptor, ImageDocument, Manifest } from "./media-types.ts";

/** How long a document or a configuration may be; as containerd's. */
export const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;
/** An index may list indexes. */
const MAX_DEPTH = 4;

/**
 * The manifest for a platform that a document is, or leads to; `read` gets what an index lists.
 * @throws {ImageError} when there is none.
 */
export async function manifestOf(
  document: ImageDocument,
  platform: Platform,
  read: (descriptor: Descriptor) => Promise<ImageDocument>,
): Promise<Manifest> {
  let found = document;
  for (let depth = 0; found.kind === "index"; depth += 1) {
    if (depth >= MAX_DEPTH) throw new ImageError("its index leads to indexes without end");
    found = await read(chooseManifest(found.index.manifests, platform));
  }
  return found.manifest;
}
