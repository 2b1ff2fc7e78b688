import { join } from "node:path";
import { streamOf } from "#lib/stream-of.ts";
import { type Digest, digestOf, hexOf } from "../digest.ts";
import { ImageError } from "../image-error.ts";
import { layerArchive, type UnpackedLayer } from "../layers/layer-archive.ts";
import { layerName, layerPaths, readFacts } from "../layers/layer-files.ts";
import { parseImageReference } from "../reference.ts";
import {
  type Descriptor,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
} from "../registry/media-types.ts";
import type { ImageRecord } from "../store/image-records.ts";
import { ARCHIVE_END, headerBlock, padding } from "../tar/header-block.ts";

export interface SavedImage {
  readonly record: ImageRecord;
  /** As it was asked for: a name, or an ID, which saves it with all its names. */
  readonly name: string;
}

export interface ImageArchiveRequest {
  readonly images: readonly SavedImage[];
  readonly layersDirectory: string;
}

/**
 * An archive of images: an OCI layout that `docker load` takes too. Layers are not compressed, so
 * that their digests are those of the image's configuration.
 * @throws {ImageError} at once where a layer is missing; the stream fails where one is damaged.
 */
export function imageArchive(
  { images, layersDirectory }: ImageArchiveRequest,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const layers = new Map(
    images
      .flatMap(({ record }) => record.layers)
      .map((diffId) => [diffId, layerOf(layersDirectory, diffId)]),
  );
  return streamOf(archiveBytes(images, layers, signal));
}

function layerOf(directory: string, diffId: Digest): UnpackedLayer {
  const paths = layerPaths(join(directory, layerName(diffId)));
  const facts = readFacts(paths);
  if (facts?.diffId !== diffId) throw new ImageError(`The layer ${diffId} is missing`);
  return { paths, facts };
}

async function* archiveBytes(
  images: readonly SavedImage[],
  layers: ReadonlyMap<Digest, UnpackedLayer>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const documents = new Map<string, string>([
    ["oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })],
  ]);
  const manifests: Descriptor[] = [];
  for (const image of images) {
    const { record } = image;
    const manifest = manifestOf(record, layers);
    documents.set(blobName(record.id), record.config);
    documents.set(blobName(digestOf(manifest)), manifest);
    manifests.push(...descriptorsOf(image, manifest));
  }
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  documents.set("index.json", JSON.stringify(index));
  documents.set("manifest.json", JSON.stringify(images.map(dockerManifest)));
  for (const [name, text] of documents) {
    const content = Buffer.from(text);
    yield headerBlock({ name, sizeBytes: content.length });
    yield content;
    yield padding(content.length);
  }
  for (const [diffId, layer] of layers) {
    const { archiveBytes: sizeBytes } = layer.facts;
    yield headerBlock({ name: blobName(diffId), sizeBytes });
    for await (const bytes of layerArchive(layer)) {
      signal.throwIfAborted();
      yield bytes;
    }
    yield padding(sizeBytes);
  }
  yield ARCHIVE_END;
}

function manifestOf(
  { id, config, layers: diffIds }: ImageRecord,
  layers: ReadonlyMap<Digest, UnpackedLayer>,
): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: id, size: Buffer.byteLength(config) },
    layers: diffIds.map((digest) => ({
      mediaType: OCI_LAYER,
      digest,
      size: layers.get(digest)?.facts.archiveBytes ?? 0,
    })),
  });
}

function descriptorsOf(image: SavedImage, manifest: string): readonly Descriptor[] {
  const bare = {
    mediaType: OCI_MANIFEST,
    digest: digestOf(manifest),
    size: Buffer.byteLength(manifest),
  };
  const names = namesOf(image);
  if (names.length === 0) return [bare];
  return names.map((name) => ({
    ...bare,
    annotations: {
      "io.containerd.image.name": name,
      "org.opencontainers.image.ref.name": parseImageReference(name)?.tag ?? "latest",
    },
  }));
}

function dockerManifest(image: SavedImage): object {
  const { id, layers } = image.record;
  return { Config: blobName(id), RepoTags: namesOf(image), Layers: layers.map(blobName) };
}

/** The one name that was asked for, or all where it was the ID. */
function namesOf({ record, name }: SavedImage): readonly string[] {
  const reference = parseImageReference(name);
  const asked = record.names.filter((one) => {
    const known = parseImageReference(one);
    return known?.repository === reference?.repository && known?.tag === reference?.tag;
  });
  return asked.length > 0 ? asked : record.names;
}

function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}
