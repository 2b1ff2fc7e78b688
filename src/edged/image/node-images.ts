import type { ImageInfo } from "../runtime/types.ts";
import type { ArchiveSource, ImageStore, PullOptions } from "./image-store.ts";

/** An image as a person sees it in a list. */
export interface ListedImage extends ImageInfo {
  /** It is never removed to make room. */
  readonly pinned: boolean;
}

/**
 * The images of a node as a person manages them, whichever runtime has them. What cannot be done is
 * told by an `ImageError`, or `EngineUnreachable`.
 */
export interface NodeImages {
  list(signal: AbortSignal): Promise<readonly ListedImage[]>;
  pull(name: string, options: PullOptions, signal: AbortSignal): Promise<ImageInfo>;
  /** Answers the names, or IDs, of what was in the archive. */
  import(archive: ArchiveSource, signal: AbortSignal): Promise<readonly string[]>;
  save(names: readonly string[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  remove(name: string, signal: AbortSignal): Promise<void>;
  pin(name: string, pinned: boolean, signal: AbortSignal): Promise<void>;
}

/** Those of a runtime without an engine. */
export function storeImages(store: ImageStore): NodeImages {
  return {
    list: () => Promise.resolve(store.list()),
    pull: (name, options, signal) => store.pull(name, options, signal),
    import: async (archive, signal) => {
      const images = await store.import(archive, signal);
      return images.flatMap(({ id, names }) => (names.length > 0 ? names : [id]));
    },
    save: (names, signal) => store.save(names, signal),
    remove: (name, signal) => store.remove(name, signal),
    pin: (name, pinned) => store.pin(name, pinned),
  };
}
