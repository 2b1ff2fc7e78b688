import { checkDigest, Digester, digestOf, hexOf, shortDigest } from "../digest.ts";
import { type ImageContents, type LayerSource, readConfig } from "../image-contents.ts";
import { ImageError } from "../image-error.ts";
import type { ImageProgress } from "../image-progress.ts";
import { chooseManifest, type Platform } from "../platform.ts";
import { fullName, parseImageReference } from "../reference.ts";
import { MAX_DOCUMENT_BYTES, manifestOf } from "../registry/manifest.ts";
import { type Descriptor, type ImageDocument, readDocument } from "../registry/media-types.ts";
import type { ArchiveFile } from "./archive-file.ts";

/** An image of an archive. */
export interface ArchiveImage extends ImageContents {
  /** Its full names: `docker.io/library/busybox:1.36`. */
  readonly names: readonly string[];
}

export interface ArchiveImagesRequest {
  readonly archive: ArchiveFile;
  readonly platform: Platform;
  readonly onProgress: (progress: ImageProgress) => void;
}

/**
 * The images of an archive: of `docker save` (manifest.json), or an OCI layout (index.json).
 * @throws {ImageError} when it is neither, or is damaged.
 */
export async function archiveImages(
  request: ArchiveImagesRequest,
): Promise<readonly ArchiveImage[]> {
  const { archive } = request;
  if (archive.has("manifest.json")) return await dockerImages(request);
  if (archive.has("index.json")) return await ociImages(request);
  throw new ImageError("it is no image archive: it has neither manifest.json nor index.json");
}

interface DockerManifest {
  readonly Config?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Layers?: readonly string[] | null;
}

async function dockerImages(request: ArchiveImagesRequest): Promise<readonly ArchiveImage[]> {
  const { archive } = request;
  const list = parsed(await archive.text("manifest.json", MAX_DOCUMENT_BYTES), "manifest.json");
  if (!Array.isArray(list) || list.length === 0)
    throw new ImageError("its manifest.json lists no image");
  const images: ArchiveImage[] = [];
  for (const { Config, RepoTags, Layers } of list as readonly DockerManifest[]) {
    if (typeof Config !== "string" || !Array.isArray(Layers)) {
      throw new ImageError("its manifest.json has an image without config or layers");
    }
    const config = await archive.text(Config, MAX_DOCUMENT_BYTES);
    checkName(Config, config);
    const sources = Layers.map((name): Source => ({ name, sizeBytes: archive.sizeOf(name) }));
    images.push({
      config,
      names: (RepoTags ?? []).map(nameOf),
      layers: layersOf(config, sources, request),
    });
  }
  return images;
}

/** A config is called by its digest. @throws {ImageError} when it has another one. */
function checkName(name: string, config: string): void {
  const [hex] = /[0-9a-f]{64}(?=(\.json)?$)/.exec(name) ?? [];
  if (hex === undefined || hex === hexOf(digestOf(config))) return;
  throw new ImageError(`its config ${name.slice(0, 80)} is corrupt: it has another digest`);
}

const NAME_ANNOTATIONS = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

async function ociImages(request: ArchiveImagesRequest): Promise<readonly ArchiveImage[]> {
  const { archive, platform } = request;
  const read = async (one: Descriptor): Promise<ImageDocument> =>
    readDocument(await blobText(archive, one), one.mediaType);
  const top = readDocument(await archive.text("index.json", MAX_DOCUMENT_BYTES), undefined);
  if (top.kind !== "index") throw new ImageError("its index.json is no index");
  const { manifests } = top.index;
  // Some writers name an image; others list one for each platform without a name.
  const named = manifests.filter((one) => namesOf(one).length > 0);
  const wanted = named.length > 0 ? named : [chooseManifest(manifests, platform)];
  const images: ArchiveImage[] = [];
  const fits = wanted.length > 1 ? wanted.filter((one) => isFor(one, platform)) : wanted;
  for (const descriptor of fits.length > 0 ? fits : wanted) {
    const manifest = await manifestOf(await read(descriptor), platform, read);
    const config = await blobText(archive, manifest.config);
    const sources = manifest.layers.map(
      ({ digest, size }): Source => ({ name: blobName(digest), sizeBytes: size, digest }),
    );
    images.push({ config, names: namesOf(descriptor), layers: layersOf(config, sources, request) });
  }
  return images;
}

function isFor({ platform }: Descriptor, wanted: Platform): boolean {
  return platform === undefined || platform.architecture === wanted.architecture;
}

function namesOf({ annotations = {} }: Descriptor): readonly string[] {
  for (const key of NAME_ANNOTATIONS) {
    const name = annotations[key];
    // A bare tag is no name.
    if (name !== undefined && /[/:]/.test(name) && parseImageReference(name)) return [nameOf(name)];
  }
  return [];
}

async function blobText(archive: ArchiveFile, { digest }: Descriptor): Promise<string> {
  const text = await archive.text(blobName(digest), MAX_DOCUMENT_BYTES);
  if (digestOf(text) !== digest) {
    throw new ImageError(`the blob ${digest} is corrupt: it has another digest`);
  }
  return text;
}

function blobName(digest: string): string {
  return `blobs/sha256/${hexOf(checkDigest(digest, "a blob"))}`;
}

/** Where a layer lies in the archive, and the digest of these bytes if it is told. */
interface Source {
  readonly name: string;
  readonly sizeBytes: number;
  readonly digest?: string;
}

function layersOf(
  config: string,
  sources: readonly Source[],
  { archive, onProgress }: ArchiveImagesRequest,
): readonly LayerSource[] {
  const { diffIds } = readConfig(config);
  if (diffIds.length !== sources.length) {
    throw new ImageError(
      `its config names ${diffIds.length} layers and it holds ${sources.length}`,
    );
  }
  return sources.map((source, index) => {
    const diffId = checkDigest(diffIds[index] ?? "", "a layer");
    const { sizeBytes } = source;
    return {
      diffId,
      sizeBytes,
      async *open(signal) {
        const digester = new Digester();
        let doneBytes = 0;
        for await (const bytes of archive.bytes(source.name)) {
          signal.throwIfAborted();
          if (source.digest !== undefined) digester.update(bytes);
          yield bytes;
          doneBytes += bytes.length;
          onProgress({
            part: shortDigest(diffId),
            state: "transferring",
            doneBytes,
            totalBytes: sizeBytes,
          });
        }
        if (source.digest !== undefined && digester.digest() !== source.digest) {
          throw new ImageError(`the blob ${source.digest} is corrupt: it has another digest`);
        }
      },
    };
  });
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ImageError(`its ${name} is no JSON`, { cause: error });
  }
}

/** @throws {ImageError} */
function nameOf(text: string): string {
  const reference = parseImageReference(text);
  if (!reference)
    throw new ImageError(`it names an image "${text.slice(0, 80)}", which is no name`);
  return fullName(reference);
}
