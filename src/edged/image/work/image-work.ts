import { join } from "node:path";
import { assertNever, explain } from "#lib/errors.ts";
import { ArchiveFile } from "../archive/archive-file.ts";
import { archiveImages } from "../archive/archive-images.ts";
import { type Digest, shortDigest } from "../digest.ts";
import type { ImageContents, LayerSource } from "../image-contents.ts";
import { ImageError } from "../image-error.ts";
import type { ImageProgress } from "../image-progress.ts";
import { KeptBlobs } from "../kept/kept-blobs.ts";
import type { LayerFacts } from "../layers/layer-files.ts";
import { LayerStore } from "../layers/layer-store.ts";
import { pullName } from "../reference.ts";
import { findRegistryImage } from "../registry/registry.ts";
import { BrokenOff } from "../registry/transfer.ts";
import type {
  CheckWork,
  ImportWork,
  PullWork,
  TakenImage,
  Work,
  WorkResult,
  WorkSetting,
} from "./protocol.ts";

/** Layers of one image that are on their way at once; containerd's number. */
const PARALLEL_LAYERS = 3;

type Tell = (progress: ImageProgress) => void;

const NOTHING: WorkResult = { images: [], damaged: [] };

/** All that reads, hashes and unpacks images; made for a thread of its own. */
export class ImageWork {
  readonly #store: LayerStore;
  readonly #kept: KeptBlobs;
  readonly #setting: WorkSetting;
  readonly #cleaned: Promise<void>;
  #archives = 0;

  constructor(setting: WorkSetting) {
    this.#setting = setting;
    const kept = new KeptBlobs({ ...setting, directory: join(setting.directory, "blobs") });
    kept.clean(Date.now());
    this.#kept = kept;
    this.#store = new LayerStore({ ...setting, makeRoom: () => kept.makeRoom() });
    this.#cleaned = this.#store.clean();
    // Told to whoever does the first work.
    this.#cleaned.catch(() => undefined);
  }

  /** @throws {ImageError} with a reason for people. */
  async run(work: Work, tell: Tell, signal: AbortSignal): Promise<WorkResult> {
    await this.#cleaned;
    switch (work.kind) {
      case "pull":
        return { ...NOTHING, images: [await this.#pull(work, tell, signal)] };
      case "import":
        return { ...NOTHING, images: await this.#import(work, tell, signal) };
      case "check":
        return { ...NOTHING, damaged: await this.#check(work, signal) };
      case "drop":
        for (const layer of work.layers) await this.#store.drop(layer);
        return NOTHING;
      case "collect":
        await this.#store.collect(work.needed, { unwanted: work.unwanted, nowMs: Date.now() });
        return NOTHING;
      default:
        return assertNever(work, "work");
    }
  }

  async #pull(work: PullWork, tell: Tell, signal: AbortSignal): Promise<TakenImage> {
    try {
      const request = { ...work, onProgress: tell, kept: this.#kept };
      const image = await findRegistryImage(request, signal);
      const layers = await this.#take(image, tell, signal);
      const { config, digest } = image;
      return { config, names: [], digest, layers };
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      throw new ImageError(`Cannot pull ${pullName(work.reference)}: ${explain(error)}`, {
        cause: error,
      });
    } finally {
      // Broken off too: the layers that came are there at the next try.
      this.#store.commit();
    }
  }

  async #import(work: ImportWork, tell: Tell, signal: AbortSignal): Promise<readonly TakenImage[]> {
    const { path, platform } = work;
    const spool = join(this.#setting.directory, "incoming", `archive-${this.#archives++}`);
    try {
      await using archive = await ArchiveFile.open({ path, spool }, signal);
      const taken: TakenImage[] = [];
      for (const image of await archiveImages({ archive, platform, onProgress: tell })) {
        const layers = await this.#take(image, tell, signal);
        taken.push({ config: image.config, names: image.names, layers });
      }
      this.#store.commit();
      return taken;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      throw new ImageError(`Cannot import ${path}: ${explain(error)}`, { cause: error });
    }
  }

  /** Gets the layers of an image, some at a time. The first failure ends them all. */
  async #take(
    image: ImageContents,
    tell: Tell,
    signal: AbortSignal,
  ): Promise<readonly LayerFacts[]> {
    const failed = new AbortController();
    const linked = AbortSignal.any([signal, failed.signal]);
    const facts: LayerFacts[] = [];
    const waiting = image.layers.entries();
    const takeSome = async (): Promise<void> => {
      for (const [index, source] of waiting) {
        const { diffId, sizeBytes } = source;
        const part = shortDigest(diffId);
        const known = this.#store.find(diffId) !== undefined;
        facts[index] = await this.#ensure(source, linked);
        const state = known ? "present" : "done";
        tell({ part, state, doneBytes: sizeBytes, totalBytes: sizeBytes });
      }
    };
    const tasks = Array.from({ length: PARALLEL_LAYERS }, () =>
      takeSome().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
    const results = await Promise.allSettled(tasks);
    // The failure that ended the others, not one of theirs.
    if (failed.signal.aborted) throw failed.signal.reason;
    if (results.some(({ status }) => status === "rejected")) signal.throwIfAborted();
    return facts;
  }

  /** A layer that is there then. What came of one stays where its transfer alone was broken off. */
  async #ensure(source: LayerSource, signal: AbortSignal): Promise<LayerFacts> {
    const { diffId, open, forget } = source;
    try {
      const wanted = { diffId, open, isFetched: forget !== undefined };
      const facts = await this.#store.ensure(wanted, signal);
      forget?.();
      return facts;
    } catch (error) {
      if (!signal.aborted && !isBrokenOff(error)) forget?.();
      throw error;
    }
  }

  async #check(work: CheckWork, signal: AbortSignal): Promise<readonly Digest[]> {
    const damaged: Digest[] = [];
    for (const layer of work.layers) {
      signal.throwIfAborted();
      const run = this.#store.find(layer)?.facts.run ?? 0;
      const thorough = run > work.trustedRun;
      if (!(await this.#store.isWhole(layer, { thorough }))) damaged.push(layer);
    }
    return damaged;
  }
}

function isBrokenOff(error: unknown): boolean {
  for (let next = error; next instanceof Error; next = next.cause) {
    if (next instanceof BrokenOff) return true;
  }
  return false;
}
