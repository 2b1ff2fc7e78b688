// A registry in a process of its own: it must not compete with what is measured for one thread.
import { blobsOf, noise, type TarItem, tarOf, testImage } from "#test/kit/image-archives.ts";
import { TestRegistry } from "#test/kit/test-registry.ts";

const [layers = "3", layerMib = "32", mibPerSecond = "0"] = process.argv.slice(2);
const MIB = 1024 * 1024;
const FILE_BYTES = 256 * 1024;

/** Half noise and half text: what programs compress to. */
function content(seed: number): Buffer {
  const bytes = Buffer.alloc(FILE_BYTES, "the quick brown fox jumps over the lazy dog ");
  bytes.set(noise(FILE_BYTES / 2, seed));
  return bytes;
}

const image = testImage(
  await Promise.all(
    Array.from({ length: Number(layers) }, (_, layer) => {
      const count = (Number(layerMib) * MIB) / FILE_BYTES;
      const items = Array.from(
        { length: count },
        (__, file): TarItem => ({
          name: `${layer}/${file}`,
          content: content(layer * count + file),
        }),
      );
      return tarOf(items);
    }),
  ),
);
const bytesPerSecond = Number(mibPerSecond) * MIB;
const registry = new TestRegistry(bytesPerSecond > 0 ? { bytesPerSecond } : {});
const blobs = blobsOf(image);
registry.add("bench:1", blobs);
const digests = [...blobs.blobs.keys()].filter((digest) => digest !== blobs.manifest.digest);
console.log(JSON.stringify({ host: registry.host, digests }));
