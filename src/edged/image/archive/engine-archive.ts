import { type Digest, digestOf, hexOf } from "../digest.ts";
import { ARCHIVE_END, headerBlock, padding } from "../tar/header-block.ts";
import type { ArchiveImage } from "./archive-images.ts";

/** A docker-archive on its way. */
export interface EngineArchive {
  /** The IDs of its images. */
  readonly id: readonly Digest[];
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Images as Docker's own archive, which every engine loads: layers as they come, compressed or not,
 * without ever lying on a disk. The stream fails where a layer does.
 */
export function engineArchive(images: readonly ArchiveImage[], signal: AbortSignal): EngineArchive {
  return { id: images.map(({ config }) => digestOf(config)), bytes: archiveBytes(images, signal) };
}

async function* archiveBytes(
  images: readonly ArchiveImage[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const layers = new Map(images.flatMap((one) => one.layers).map((layer) => [layer.diffId, layer]));
  const layerName = (diffId: Digest): string => `${hexOf(diffId)}/layer.tar`;
  for (const [diffId, { sizeBytes, open }] of layers) {
    yield headerBlock({ name: layerName(diffId), sizeBytes });
    yield* open(signal);
    yield padding(sizeBytes);
  }
  const manifest = images.map(({ config, names, layers: own }) => ({
    Config: configName(config),
    RepoTags: names,
    Layers: own.map(({ diffId }) => layerName(diffId)),
  }));
  const documents: [string, string][] = [
    ...images.map(({ config }): [string, string] => [configName(config), config]),
    ["manifest.json", JSON.stringify(manifest)],
  ];
  for (const [name, text] of documents) {
    const content = Buffer.from(text);
    yield headerBlock({ name, sizeBytes: content.length });
    yield content;
    yield padding(content.length);
  }
  yield ARCHIVE_END;
}

function configName(config: string): string {
  return `${hexOf(digestOf(config))}.json`;
}
