import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { asError, explain } from "#lib/errors.ts";
import { streamOf } from "#lib/stream-of.ts";
import { ArchiveFile } from "../../image/archive/archive-file.ts";
import { type ArchiveImage, archiveImages } from "../../image/archive/archive-images.ts";
import { engineArchive } from "../../image/archive/engine-archive.ts";
import { withoutZstd } from "../../image/archive/without-zstd.ts";
import { ImageError } from "../../image/image-error.ts";
import type { ArchiveSource, PullOptions } from "../../image/image-store.ts";
import type { ListedImage, NodeImages } from "../../image/node-images.ts";
import { ownPlatform } from "../../image/platform.ts";
import type { ImageRows } from "../../image/store/image-rows.ts";
import { EngineUnreachable } from "../runtime.ts";
import type { ImageInfo } from "../types.ts";
import { Engine, type EngineAddress, refusal } from "./engine.ts";
import { DockerImages } from "./images.ts";

export interface DockerNodeImagesOptions {
  readonly address: EngineAddress;
  /** k3s' registries.yaml, which the engine does not read. */
  readonly registriesFile: string;
  /** Which of the engine's images are pinned: it does not know. */
  readonly rows: ImageRows;
  /** Where what a compressed archive holds lies while it is handed over. */
  readonly directory: string;
}

const ignore = (): void => undefined;

/** The images of a Docker Engine as a person manages them. */
export class DockerNodeImages implements NodeImages {
  readonly #engine: Engine;
  readonly #images: DockerImages;
  readonly #rows: ImageRows;
  readonly #directory: string;

  constructor({ address, registriesFile, rows, directory }: DockerNodeImagesOptions) {
    this.#engine = new Engine(address);
    this.#images = new DockerImages(this.#engine, registriesFile);
    this.#rows = rows;
    this.#directory = directory;
  }

  async list(signal: AbortSignal): Promise<readonly ListedImage[]> {
    const pinned = new Set(this.#rows.list("pin").map(({ key }) => key));
    const images = await this.#images.list(signal);
    return images.map((image) => ({ ...image, pinned: pinned.has(image.id) }));
  }

  pull(name: string, options: PullOptions, signal: AbortSignal): Promise<ImageInfo> {
    return this.#images.pull(name, options, signal);
  }

  /** Docker's own archives go as they are, unpacked; of an OCI layout one is made on the way. */
  async import(archive: ArchiveSource, signal: AbortSignal): Promise<readonly string[]> {
    const { path, onProgress = ignore } = archive;
    const images = this.#images;
    const spool = join(this.#directory, `archive-${randomUUID()}`);
    try {
      await using file = await ArchiveFile.open({ path, spool }, signal);
      if (file.has("manifest.json")) return await images.load(Readable.from(file.all()), signal);
      const found = await archiveImages({ archive: file, platform: ownPlatform(), onProgress });
      const readable: ArchiveImage[] = [];
      for (const image of found) readable.push(await withoutZstd(image, signal));
      const { bytes } = engineArchive(readable, signal);
      return await images.load(Readable.from(bytes), signal);
    } catch (error) {
      if (error instanceof EngineUnreachable || signal.aborted) throw error;
      const why = error instanceof ImageError ? explain(error) : refusal(error);
      throw new ImageError(`Cannot import ${path}: ${why}`, { cause: error });
    }
  }

  async save(names: readonly string[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    for (const name of names) await this.#find(name, signal);
    const archive = await this.#engine.open(signal, (docker) => imagesArchive(docker, names));
    return streamOf(archive, () => archive.destroy());
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    const { id } = await this.#find(name, signal);
    try {
      await this.#engine.call(signal, (docker) => docker.getImage(name).remove());
    } catch (error) {
      if (error instanceof EngineUnreachable) throw error;
      throw new ImageError(`Cannot remove ${name}: ${refusal(error)}`, { cause: error });
    }
    if (await this.#images.find(id, signal)) return;
    if (this.#rows.list("pin").some(({ key }) => key === id)) {
      await this.#rows.write([{ kind: "pin", key: id }]);
    }
  }

  async pin(name: string, pinned: boolean, signal: AbortSignal): Promise<void> {
    const { id } = await this.#find(name, signal);
    const isPinned = this.#rows.list("pin").some(({ key }) => key === id);
    if (isPinned === pinned) return;
    const row = { kind: "pin", key: id } as const;
    await this.#rows.write([pinned ? { ...row, value: "true" } : row]);
  }

  async #find(name: string, signal: AbortSignal): Promise<ImageInfo> {
    const image = await this.#images.find(name, signal);
    if (!image) throw new ImageError(`There is no image ${name} here`);
    return image;
  }
}

/** `GET /images/get`, which dockerode's types do not know. */
function imagesArchive(docker: Docker, names: readonly string[]): Promise<Readable> {
  const query = names.map((name) => `names=${encodeURIComponent(name)}`).join("&");
  const statusCodes = { 200: true, 404: "no such image", 500: "server error" };
  return new Promise((resolve, reject) =>
    docker.modem.dial(
      // The modem cuts the last character off where it adds no options.
      { path: `/images/get?${query}&`, method: "GET", isStream: true, statusCodes },
      (error, answer) => {
        if (answer instanceof Readable) resolve(answer);
        else reject(asError(error));
      },
    ),
  );
}
