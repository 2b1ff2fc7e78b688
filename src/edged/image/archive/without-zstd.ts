import type { ImageContents, LayerSource } from "../image-contents.ts";
import { compressionOf, decompressed, firstBytes } from "./decompress.ts";

/**
 * An image whose layers are plain, or by gzip: engines before Docker 23 know no zstd. Their sizes
 * are found by reading such layers once more, so this is for images that lie on the disk.
 */
export async function withoutZstd<T extends ImageContents>(
  image: T,
  signal: AbortSignal,
): Promise<T> {
  const layers: LayerSource[] = [];
  for (const layer of image.layers) layers.push(await plainIfZstd(layer, signal));
  return { ...image, layers };
}

async function plainIfZstd(layer: LayerSource, signal: AbortSignal): Promise<LayerSource> {
  const iterator = layer.open(signal)[Symbol.asyncIterator]();
  const start = await firstBytes(iterator);
  await iterator.return?.();
  if (compressionOf(start) !== "zstd") return layer;
  const open = (transfer: AbortSignal): AsyncIterable<Uint8Array> =>
    decompressed(layer.open(transfer));
  let sizeBytes = 0;
  for await (const bytes of open(signal)) sizeBytes += bytes.length;
  return { ...layer, sizeBytes, open };
}
