import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { type Header, pack } from "tar-stream";

/** An entry of a tar archive that a test makes, and its content. */
export type TarItem = Partial<Header> & { readonly name: string } & {
  readonly content?: string | Uint8Array;
};

/** A tar archive by tar-stream: the peer of our own reader. */
export async function tarOf(items: readonly TarItem[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...item } of items) {
    // The same items give the same bytes, whatever the time.
    const header = { mtime: new Date(0), ...item };
    if ((header.type ?? "file") === "file") archive.entry(header, Buffer.from(content ?? ""));
    else archive.entry(header);
  }
  archive.finalize();
  return buffer(archive);
}

/** Bytes that no program makes shorter: the same for the same seed. */
export function noise(count: number, seed = 0): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at + 4 <= count; at += 4) {
    bytes.writeUInt32LE(Math.imul(at + seed + 1, 2_654_435_761) >>> 0, at);
  }
  return bytes;
}

/** The bytes in pieces, as a network gives them. */
export async function* inPieces(bytes: Uint8Array, size = 7000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** An image in parts. */
export interface TestImage {
  readonly config: string;
  /** Not compressed. */
  readonly layers: readonly Buffer[];
}

/** An image with these layers, for this machine unless another processor is named. */
export function testImage(
  layers: readonly Buffer[],
  config: object = {},
  arch: string = process.arch,
): TestImage {
  return {
    layers,
    config: JSON.stringify({
      architecture: arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Cmd: ["sh"], Env: ["PATH=/bin"], ...config },
      rootfs: { type: "layers", diff_ids: layers.map(sha256) },
    }),
  };
}

export interface DockerArchiveOptions {
  readonly names?: readonly string[];
  /** What is done to each layer before it is put in. */
  readonly pack?: (layer: Buffer) => Uint8Array;
}

/** What `docker save` wrote before version 25. */
export async function dockerArchive(
  { config, layers }: TestImage,
  { names = [], pack: packed = (layer) => layer }: DockerArchiveOptions = {},
): Promise<Buffer> {
  const configName = `${sha256(config).slice("sha256:".length)}.json`;
  const manifest = [
    { Config: configName, RepoTags: names, Layers: layers.map((_, index) => `${index}/layer.tar`) },
  ];
  return await tarOf([
    ...layers.map((layer, index) => ({ name: `${index}/layer.tar`, content: packed(layer) })),
    { name: configName, content: config },
    { name: "manifest.json", content: JSON.stringify(manifest) },
  ]);
}

/** Blobs by their digests, and the descriptor of what leads to the image. */
export interface Blobs {
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly manifest: { readonly mediaType: string; readonly digest: string; readonly size: number };
}

const OCI = "application/vnd.oci.image";

/** An image as a registry keeps it. */
export function blobsOf(
  { config, layers }: TestImage,
  packed: (layer: Buffer) => Uint8Array = (layer) => Bun.gzipSync(Buffer.from(layer)),
): Blobs {
  const blobs = new Map<string, Uint8Array>();
  const put = (mediaType: string, bytes: Uint8Array) => {
    const digest = sha256(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: put(`${OCI}.config.v1+json`, Buffer.from(config)),
    layers: layers.map((layer) => put(`${OCI}.layer.v1.tar+gzip`, packed(layer))),
  });
  return { manifest: put(`${OCI}.manifest.v1+json`, Buffer.from(text)), blobs };
}

/** An OCI layout in an archive. */
export async function ociArchive(
  image: TestImage,
  name: string,
  packed?: (layer: Buffer) => Uint8Array,
): Promise<Buffer> {
  const { blobs, manifest } = blobsOf(image, packed);
  const annotations = { "io.containerd.image.name": name };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  return await tarOf([
    { name: "oci-layout", content: JSON.stringify({ imageLayoutVersion: "1.0.0" }) },
    ...[...blobs].map(([digest, content]) => ({
      name: `blobs/sha256/${digest.slice("sha256:".length)}`,
      content,
    })),
    { name: "index.json", content: JSON.stringify(index) },
  ]);
}
