import type { ImageInfo, RegistryCredentials } from "../runtime/types.ts";
import type { ImageConfig } from "./image-config.ts";
import type { ImageProgress } from "./image-progress.ts";

/** An image that is whole on disk. */
export interface StoredImage extends ImageInfo {
  readonly config: ImageConfig;
  /** Its layers for overlay's `lowerdir`, the topmost first, relative to `ImageStore.layersDirectory`. */
  readonly lowerDirectories: readonly string[];
  /** It is never removed to make room. */
  readonly pinned: boolean;
}

export interface PullOptions {
  readonly credentials?: RegistryCredentials;
  /** `linux/arm/v7`. Absent: this machine's. */
  readonly platform?: string;
  readonly onProgress?: (progress: ImageProgress) => void;
}

/** Keeps an image while it lives. */
export interface ImageHold extends Disposable {
  readonly image: StoredImage;
}

/**
 * The images of a runtime without an engine: unpacked layers on disk, shared by content, and an
 * index in the database. An image is whole or it is not there, whatever happened to the power.
 * All names are as people write them: `busybox`, `ghcr.io/a/b:v1`, `name@sha256:…`, an ID or the
 * first twelve digits of one or more.
 */
export interface ImageStore {
  /** Where the layers lie: the directory that `lowerDirectories` are relative to. */
  readonly layersDirectory: string;
  list(): readonly StoredImage[];
  find(name: string): StoredImage | undefined;
  /**
   * Fetches an image from its registry.
   * @throws {ImageError} with one clear reason; what is on disk is as before.
   */
  pull(name: string, options: PullOptions, signal: AbortSignal): Promise<StoredImage>;
  /**
   * Takes in every image of an archive, docker's or OCI's, plain or compressed.
   * @throws {ImageError} when it is none, or is damaged: then nothing of it is kept.
   */
  import(archive: ArchiveSource, signal: AbortSignal): Promise<readonly StoredImage[]>;
  /** An archive of images for `import` and `docker load`. Its layers have the digests that they came with. */
  save(names: readonly string[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /**
   * Takes a name away, and with the last one, or by ID, the image and the layers nobody else needs.
   * @throws {ImageError} when there is none, or a container has it.
   */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** @throws {ImageError} when there is none. */
  pin(name: string, pinned: boolean): Promise<void>;
  /**
   * Looks at an image whose layers may have been damaged by a power cut, once after such a start;
   * fetches it again where it was. To be called before a container is made of it.
   * @throws {ImageError} when it is damaged and cannot be had again.
   */
  ensureWhole(imageId: string, signal: AbortSignal): Promise<void>;
  /**
   * Keeps an image while a container has it, and notes that it was used now.
   * @throws {ImageError} when there is none.
   */
  hold(imageId: string): ImageHold;
}

/** Where an archive's bytes come from. */
export interface ArchiveSource {
  /** What it is called in errors: a path. */
  readonly name: string;
  readonly path: string;
  readonly onProgress?: (progress: ImageProgress) => void;
}
