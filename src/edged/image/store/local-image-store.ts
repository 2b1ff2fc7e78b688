import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import { systemTimer } from "#lib/timer.ts";
import { imageArchive } from "../archive/image-archive.ts";
import { type Digest, digestOf } from "../digest.ts";
import { ImageError } from "../image-error.ts";
import type { ImageProgress } from "../image-progress.ts";
import type {
  ArchiveSource,
  ImageHold,
  ImageStore,
  PullOptions,
  StoredImage,
} from "../image-store.ts";
import { lowerDirectory } from "../layers/layer-files.ts";
import { ownPlatform, platformOf } from "../platform.ts";
import {
  fullName,
  type ImageReference,
  imageReference,
  parseImageReference,
} from "../reference.ts";
import { readRegistries } from "../registry/registries-file.ts";
import type { Patience } from "../registry/transfer.ts";
import { ImageWorker } from "../work/image-worker.ts";
import type { TakenImage, Work, WorkResult } from "../work/protocol.ts";
import { type ImageRecord, ImageRecords, storedImage } from "./image-records.ts";
import type { ImageRows } from "./image-rows.ts";
import { RunMarks } from "./run-marks.ts";

export interface LocalImageStoreOptions {
  /** `store` of the data directory: layers lie below it. */
  readonly directory: string;
  readonly rows: ImageRows;
  /** registries.yaml; read at each pull, so that a change needs no restart. */
  readonly registriesFile: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly patience?: Patience;
  /** What stays free on the disk. */
  readonly reserveBytes?: number;
}

const ignore = (): void => undefined;

/** See `ImageStore`. To be disposed of when the site stops as it should. */
export class LocalImageStore implements ImageStore, AsyncDisposable {
  readonly layersDirectory: string;
  readonly #options: LocalImageStoreOptions;
  readonly #records: ImageRecords;
  readonly #marks: RunMarks;
  readonly #worker: ImageWorker;
  readonly #holds = new Map<Digest, number>();
  /** Monotonic; only of this run. */
  readonly #usedAtMs = new Map<Digest, number>();
  readonly #checked = new Map<Digest, Promise<void>>();
  /** Transfers whose layers no row names yet. */
  #transfers = 0;
  /** Layers of images that were removed, until they are. */
  readonly #unwanted = new Set<Digest>();

  constructor(options: LocalImageStoreOptions) {
    const { directory, rows, reserveBytes } = options;
    this.#options = options;
    this.layersDirectory = join(directory, "layers");
    this.#records = new ImageRecords(rows);
    this.#marks = new RunMarks(join(directory, "run.json"));
    const { run } = this.#marks;
    const setting = { directory, run, ...(reserveBytes !== undefined && { reserveBytes }) };
    this.#worker = new ImageWorker(() => ({ ...setting, needed: this.#needed() }), systemTimer);
  }

  list(): readonly StoredImage[] {
    return this.#records.all().map(storedImage);
  }

  find(name: string): StoredImage | undefined {
    const record = this.#records.find(name);
    return record && storedImage(record);
  }

  async pull(name: string, options: PullOptions, signal: AbortSignal): Promise<StoredImage> {
    const { credentials, platform, onProgress = ignore } = options;
    const reference = imageReference(name);
    const record = await this.#transfer(
      {
        kind: "pull",
        reference,
        registries: readRegistries(this.#options.registriesFile),
        platform: platformOf(platform),
        ...(credentials && { credentials }),
        ...(this.#options.patience && { patience: this.#options.patience }),
      },
      { onProgress, record: (taken) => this.#pulled(taken, reference) },
      signal,
    );
    return this.#first(record, name);
  }

  async import(archive: ArchiveSource, signal: AbortSignal): Promise<readonly StoredImage[]> {
    const { path, onProgress = ignore } = archive;
    const records = await this.#transfer(
      { kind: "import", path, platform: ownPlatform() },
      { onProgress, record: (taken) => this.#imported(taken, path) },
      signal,
    );
    return records.map(storedImage);
  }

  async save(names: readonly string[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const images = names.map((name) => ({ record: this.#find(name), name }));
    return imageArchive({ images, layersDirectory: this.layersDirectory }, signal);
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    const record = this.#find(name);
    const reference = parseImageReference(name);
    const full = reference && reference.digest === undefined ? fullName(reference) : undefined;
    const left = record.names.filter((one) => one !== full);
    if (left.length > 0 && left.length < record.names.length) {
      return await this.#records.put([{ ...record, names: left }]);
    }
    if ((this.#holds.get(record.id) ?? 0) > 0) {
      throw new ImageError(`Cannot remove ${name}: a container has it`);
    }
    await this.#records.remove(record.id);
    for (const layer of record.layers) this.#unwanted.add(layer);
    await this.#collect(signal);
  }

  async pin(name: string, pinned: boolean): Promise<void> {
    await this.#records.put([{ ...this.#find(name), pinned }]);
  }

  async ensureWhole(imageId: string, signal: AbortSignal): Promise<void> {
    const record = this.#find(imageId);
    const running = this.#checked.get(record.id) ?? this.#check(record, signal);
    this.#checked.set(record.id, running);
    try {
      await running;
    } catch (error) {
      this.#checked.delete(record.id);
      throw error;
    }
  }

  hold(imageId: string): ImageHold {
    const { id } = this.#find(imageId);
    this.#holds.set(id, (this.#holds.get(id) ?? 0) + 1);
    this.#usedAtMs.set(id, this.#options.clock.monotonicMs());
    let isHeld = true;
    return {
      image: storedImage(this.#find(id)),
      [Symbol.dispose]: () => {
        if (isHeld) this.#holds.set(id, (this.#holds.get(id) ?? 1) - 1);
        isHeld = false;
      },
    };
  }

  /** When a container was last made of an image in this run, by the monotonic clock. */
  usedAtMs(imageId: string): number | undefined {
    return this.#usedAtMs.get(imageId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]();
    this.#marks.stop();
  }

  #find(name: string): ImageRecord {
    const record = this.#records.find(name);
    if (!record) throw new ImageError(`There is no image ${name} here`);
    return record;
  }

  #first(records: readonly ImageRecord[], name: string): StoredImage {
    const [record] = records;
    if (!record) throw new ImageError(`Nothing was pulled for ${name}`);
    return storedImage(record);
  }

  /** Has images brought here and keeps them; layers that another image left over go. */
  async #transfer(
    work: Work,
    then: {
      readonly onProgress: (progress: ImageProgress) => void;
      readonly record: (taken: TakenImage) => ImageRecord;
    },
    signal: AbortSignal,
  ): Promise<readonly ImageRecord[]> {
    this.#transfers += 1;
    try {
      const { images } = await this.#worker.run(work, then.onProgress, signal);
      const records = images.map(then.record);
      await this.#records.put(records);
      return records;
    } finally {
      this.#transfers -= 1;
      await this.#collect(signal);
    }
  }

  #pulled(taken: TakenImage, reference: ImageReference): ImageRecord {
    const { registry, repository, tag } = reference;
    const digest = `${registry}/${repository}@${taken.digest}`;
    return this.#merged(taken, {
      names: tag === undefined ? [] : [fullName(reference)],
      digests: [digest],
    });
  }

  #imported(taken: TakenImage, archive: string): ImageRecord {
    return { ...this.#merged(taken, { names: taken.names, digests: [] }), archive };
  }

  /** An image that is here already keeps what it is called. */
  #merged(
    { config, layers }: TakenImage,
    { names, digests }: Pick<ImageRecord, "names" | "digests">,
  ): ImageRecord {
    const id = digestOf(config);
    const known = this.#records.find(id);
    return {
      id,
      names: [...new Set([...(known?.names ?? []), ...names])],
      digests: [...new Set([...(known?.digests ?? []), ...digests])],
      layers: layers.map(({ diffId }) => diffId),
      sizeBytes: layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      config,
      pinned: known?.pinned ?? false,
      ...(known?.archive !== undefined && { archive: known.archive }),
    };
  }

  /** Removes layers of no image. While something is on its way it waits for the end of that. */
  async #collect(signal: AbortSignal): Promise<void> {
    if (this.#transfers > 0 || signal.aborted) return;
    const unwanted = [...this.#unwanted];
    await this.#work({ kind: "collect", needed: this.#needed(), unwanted }, signal);
    for (const layer of unwanted) this.#unwanted.delete(layer);
  }

  /** The layers of all images. */
  #needed(): readonly Digest[] {
    return [...new Set(this.#records.all().flatMap(({ layers }) => layers))];
  }

  async #check(record: ImageRecord, signal: AbortSignal): Promise<void> {
    const { layers, id } = record;
    const { isDoubtful, trustedRun } = this.#marks;
    const damaged = isDoubtful
      ? (await this.#work({ kind: "check", layers, trustedRun }, signal)).damaged
      : record.layers.filter((layer) => !existsSync(this.#directoryOf(layer)));
    if (damaged.length === 0) return;
    const what = record.names[0] ?? id;
    this.#options.log.warn("An image is damaged and is fetched again", { image: what, damaged });
    await this.#work({ kind: "drop", layers: damaged }, signal);
    await this.#repair(record, signal);
  }

  /** From the archive that it came from, or from its registry. */
  async #repair(record: ImageRecord, signal: AbortSignal): Promise<void> {
    const { archive, digests, names, id } = record;
    if (archive !== undefined && existsSync(archive)) {
      const images = await this.import({ name: archive, path: archive }, signal);
      if (images.some((image) => image.id === id)) return;
    }
    const [name] = [...digests, ...names];
    if (name === undefined) {
      throw new ImageError(`The image ${id} is damaged, and where it came from is not known`);
    }
    const image = await this.pull(name, {}, signal);
    if (image.id !== id)
      throw new ImageError(`The image ${id} is damaged, and ${name} is another one now`);
  }

  #work(work: Work, signal: AbortSignal): Promise<WorkResult> {
    return this.#worker.run(work, ignore, signal);
  }

  #directoryOf(layer: Digest): string {
    const lower = lowerDirectory(layer);
    return join(this.layersDirectory, lower);
  }
}
