import { checkDigest, type Digest } from "./digest.ts";
import type { ImageConfig } from "./image-config.ts";
import { ImageError } from "./image-error.ts";
import type { DescribedPlatform } from "./registry/media-types.ts";

/** Overlay takes no more lower directories than fit into a page of options; Docker's own limit. */
const MAX_LAYERS = 127;

/** A layer that can be had. */
export interface LayerSource {
  /** The digest of its archive, not compressed. */
  readonly diffId: Digest;
  /** Bytes to transfer. */
  readonly sizeBytes: number;
  /** Its archive, compressed or not, each time anew. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Of one that comes over a link: lets go of what was kept for another try. */
  forget?(): void;
}

/** An image that can be taken in: from a registry or an archive. */
export interface ImageContents {
  /** The text of its configuration, whose digest is the image's ID. */
  readonly config: string;
  /** The lowest first. */
  readonly layers: readonly LayerSource[];
}

interface ReadConfig {
  readonly config: ImageConfig;
  readonly diffIds: readonly Digest[];
  readonly platform: DescribedPlatform;
}

interface RawConfig extends DescribedPlatform {
  readonly config?: ImageConfig | null;
  readonly rootfs?: { readonly type?: string; readonly diff_ids?: readonly string[] };
}

/** Reads an image's configuration (OCI image-spec, config.md). @throws {ImageError} */
export function readConfig(text: string): ReadConfig {
  const raw = parsed(text);
  const diffIds = raw.rootfs?.diff_ids ?? [];
  if (!Array.isArray(diffIds) || diffIds.length > MAX_LAYERS) {
    throw new ImageError(`its config names more than ${MAX_LAYERS} layers`);
  }
  const { os, architecture, variant } = raw;
  return {
    config: raw.config ?? {},
    diffIds: diffIds.map((one) => checkDigest(String(one), "a layer")),
    platform: {
      ...(os && { os }),
      ...(architecture && { architecture }),
      ...(variant && { variant }),
    },
  };
}

function parsed(text: string): RawConfig {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new ImageError("its config is no JSON object");
}
