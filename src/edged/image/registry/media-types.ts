import { ImageError } from "../image-error.ts";

const DOCKER = "application/vnd.docker.distribution.manifest";
const OCI = "application/vnd.oci.image";

/** What a document of a registry or an archive is. */
export type DocumentKind = "manifest" | "index";

const KINDS: ReadonlyMap<string, DocumentKind> = new Map([
  [`${DOCKER}.v2+json`, "manifest"],
  [`${DOCKER}.list.v2+json`, "index"],
  [`${OCI}.manifest.v1+json`, "manifest"],
  [`${OCI}.index.v1+json`, "index"],
]);

/** What is asked for. */
export const ACCEPTED = [...KINDS.keys(), "*/*"].join(", ");

export const OCI_MANIFEST = `${OCI}.manifest.v1+json`;
export const OCI_INDEX = `${OCI}.index.v1+json`;
export const OCI_CONFIG = `${OCI}.config.v1+json`;
export const OCI_LAYER = `${OCI}.layer.v1.tar`;

/** Docker's first format, which has no digests of what is unpacked. */
const SCHEMA1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;
const LAYER =
  /^application\/vnd\.(oci\.image\.layer(\.nondistributable)?\.v1\.tar|docker\.image\.rootfs(\.foreign)?\.diff\.tar)([.+](gzip|zstd))?$/;
const CONFIGS: ReadonlySet<string> = new Set([
  OCI_CONFIG,
  "application/vnd.docker.container.image.v1+json",
]);

/** Points at bytes by their digest. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: DescribedPlatform;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface DescribedPlatform {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
}

export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly manifests: readonly Descriptor[];
}

/** A manifest or an index, as its own text or the sender calls it. */
export type ImageDocument =
  | { readonly kind: "manifest"; readonly manifest: Manifest }
  | { readonly kind: "index"; readonly index: ImageIndex };

interface RawDocument {
  readonly mediaType?: unknown;
  readonly schemaVersion?: unknown;
  readonly config?: unknown;
  readonly layers?: unknown;
  readonly manifests?: unknown;
}

/**
 * Reads a manifest or an index. `named` is the type that came along with it, used where the text
 * itself tells none.
 * @throws {ImageError} when it is neither.
 */
export function readDocument(text: string, named: string | undefined): ImageDocument {
  const raw = parsed(text);
  const told = typeof raw.mediaType === "string" ? raw.mediaType : named?.split(";")[0]?.trim();
  if (raw.schemaVersion === 1 || (told !== undefined && SCHEMA1.test(told))) {
    throw new ImageError(
      "its manifest is of Docker's schema 1, which nobody writes since 2017: push the image again",
    );
  }
  const kind = KINDS.get(told ?? "") ?? shapeOf(raw);
  if (kind === undefined) throw new ImageError(`its manifest has the unknown media type "${told}"`);
  if (kind === "index") {
    if (!isDescriptors(raw.manifests)) throw new ImageError("its index lists no manifests");
    return { kind, index: { manifests: raw.manifests } };
  }
  const { config, layers } = raw;
  if (!isDescriptor(config) || !isDescriptors(layers)) {
    throw new ImageError("its manifest has no config or no layers");
  }
  return { kind, manifest: checkManifest({ config, layers }) };
}

function parsed(text: string): RawDocument {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new ImageError("its manifest is no JSON object");
}

/** OCI's documents need not tell their type. */
function shapeOf({ manifests, config, layers }: RawDocument): DocumentKind | undefined {
  if (isDescriptors(manifests)) return "index";
  return isDescriptor(config) && isDescriptors(layers) ? "manifest" : undefined;
}

/** @throws {ImageError} for what is no image, such as a chart or a signature. */
function checkManifest(manifest: Manifest): Manifest {
  const { config, layers } = manifest;
  if (!CONFIGS.has(config.mediaType)) {
    throw new ImageError(`it is no image: its config has the media type "${config.mediaType}"`);
  }
  const strange = layers.find(({ mediaType }) => !LAYER.test(mediaType));
  if (strange) throw new ImageError(`a layer has the unknown media type "${strange.mediaType}"`);
  return manifest;
}

function isDescriptors(value: unknown): value is Descriptor[] {
  return Array.isArray(value) && value.every(isDescriptor);
}

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== "object" || value === null) return false;
  const { mediaType, digest, size } = { mediaType: "", digest: "", size: -1, ...value };
  return (
    typeof mediaType === "string" &&
    /^sha256:[0-9a-f]{64}$/.test(digest) &&
    Number.isSafeInteger(size) &&
    size >= 0
  );
}
