import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectoryOf } from "#lib/atomic-file.ts";
import { explain } from "#lib/errors.ts";
import { Tree } from "#linux/tree.ts";
import { type Digest, shortDigest } from "../digest.ts";
import { ImageError } from "../image-error.ts";
import { KEPT_FOR_MS } from "../kept/kept-blobs.ts";
import { hasAllSizes, layerArchive, type UnpackedLayer } from "./layer-archive.ts";
import { type LayerFacts, layerName, layerPaths, readFacts } from "./layer-files.ts";
import { UnpackLimits } from "./limits.ts";
import { unpackLayer } from "./unpack-layer.ts";

/** Layers that were unpacked wait for each other, to be made durable together, but not longer. */
const COMMIT_WITHIN_MS = 10_000;

/** A layer that is wanted. */
export interface WantedLayer {
  readonly diffId: Digest;
  /** It comes over a link. */
  readonly isFetched: boolean;
  /** Gives the bytes of its archive, compressed or not. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface LayerStoreOptions {
  /** The directory of `layers/` and `incoming/`. */
  readonly directory: string;
  /** Which run of the site this is. */
  readonly run: number;
  /** The layers that somebody has. */
  readonly needed: readonly Digest[];
  readonly reserveBytes?: number;
  /** Removes what is there in case only, and is no layer; whether there was anything. */
  readonly makeRoom?: () => boolean;
}

/**
 * The unpacked layers on disk. One is named once all of it is durable: a power cut leaves it whole
 * or not at all. A layer is there once, whoever has it.
 */
export class LayerStore {
  readonly #layers: string;
  readonly #incoming: string;
  readonly #options: LayerStoreOptions;
  readonly #running = new Map<Digest, Promise<void>>();
  readonly #waiting = new Map<string, string>();
  /** Layers that nobody has: of images that did not come whole, for the next try. */
  readonly #spare: Set<string>;
  #lastCommitMs = performance.now();
  #count = 0;

  constructor(options: LayerStoreOptions) {
    this.#options = options;
    this.#layers = join(options.directory, "layers");
    this.#incoming = join(options.directory, "incoming");
    for (const path of [this.#layers, this.#incoming]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    }
    const needed = new Set(options.needed.map(layerName));
    this.#spare = new Set(readdirSync(this.#layers)).difference(needed);
  }

  /** Removes what an interrupted run left. To be called before anything else. */
  async clean(): Promise<void> {
    for (const name of readdirSync(this.#incoming)) await removeAll(join(this.#incoming, name));
  }

  /** The layer, if it is there. @throws {ImageError} when another one has its directory. */
  find(diffId: Digest): UnpackedLayer | undefined {
    const waiting = this.#waiting.get(layerName(diffId));
    const paths = layerPaths(waiting ?? join(this.#layers, layerName(diffId)));
    const facts = readFacts(paths);
    if (!facts || !existsSync(paths.tree)) return undefined;
    if (facts.diffId !== diffId) {
      throw new ImageError(
        `The layers ${diffId} and ${facts.diffId} begin with the same digits: one of them was made for that`,
      );
    }
    return { paths, facts };
  }

  /**
   * The facts of a layer, unpacked if it is not there. It outlives a power cut after `commit`.
   * @throws {ImageError}
   */
  async ensure(layer: WantedLayer, signal: AbortSignal): Promise<LayerFacts> {
    const { diffId } = layer;
    for (;;) {
      signal.throwIfAborted();
      const running = this.#running.get(diffId);
      if (!running) break;
      // Whoever unpacks it may fail for a reason of his own.
      await running.catch(() => undefined);
    }
    const found = this.find(diffId);
    this.#spare.delete(layerName(diffId));
    if (found) return found.facts;
    const unpacking = this.#unpack(layer, signal);
    const settled = unpacking.then(() => undefined);
    settled.catch(() => undefined);
    this.#running.set(diffId, settled);
    try {
      return await unpacking;
    } finally {
      this.#running.delete(diffId);
    }
  }

  /** Makes durable what was unpacked, and gives it its name. */
  commit(): void {
    this.#lastCommitMs = performance.now();
    if (this.#waiting.size === 0) return;
    using tree = new Tree(this.#incoming);
    tree.sync();
    for (const [name, from] of this.#waiting) {
      renameSync(from, join(this.#layers, name));
      this.#waiting.delete(name);
    }
    syncDirectoryOf(join(this.#layers, "."));
  }

  /**
   * Removes the layers that nobody needs; of the others than `unwanted` those that were fetched
   * lately stay for the next try. Not while one is being added.
   */
  async collect(
    needed: readonly Digest[],
    { unwanted, nowMs }: { readonly unwanted: readonly Digest[]; readonly nowMs: number },
  ): Promise<void> {
    const names = new Set(needed.map(layerName));
    const gone = new Set(unwanted.map(layerName));
    this.#spare.clear();
    for (const name of readdirSync(this.#layers)) {
      if (names.has(name)) continue;
      if (!gone.has(name) && this.#isWorthKeeping(name, nowMs)) this.#spare.add(name);
      else await this.#remove(name);
    }
    // Of an image whose other layers could not be had.
    for (const [name, directory] of this.#waiting) {
      if (names.has(name)) continue;
      this.#waiting.delete(name);
      await removeAll(directory);
    }
  }

  /** Whether a layer is as it was unpacked; where `thorough`, every byte of it. */
  async isWhole(diffId: Digest, { thorough }: { readonly thorough: boolean }): Promise<boolean> {
    try {
      const layer = this.find(diffId);
      if (!layer || !hasAllSizes(layer)) return false;
      if (thorough) for await (const _ of layerArchive(layer));
      return true;
    } catch {
      return false; // whatever cannot be read has to be made again
    }
  }

  /** Removes a damaged layer. */
  async drop(diffId: Digest): Promise<void> {
    await this.#remove(layerName(diffId));
  }

  async #unpack(layer: WantedLayer, signal: AbortSignal): Promise<LayerFacts> {
    const { diffId, isFetched } = layer;
    const { run } = this.#options;
    const directory = join(this.#incoming, `${process.pid}-${this.#count++}`);
    const startMs = performance.now();
    try {
      const limits = new UnpackLimits({
        ...{ ...this.#options, directory: this.#incoming },
        makeRoom: () => this.#makeRoom(),
      });
      const bytes = layer.open(signal);
      const facts = await unpackLayer({ bytes, diffId, directory, run, isFetched, limits });
      this.#waiting.set(layerName(diffId), directory);
      const sinceMs = Math.min(startMs, this.#lastCommitMs);
      if (performance.now() - sinceMs > COMMIT_WITHIN_MS) this.commit();
      return facts;
    } catch (error) {
      await removeAll(directory);
      if (!(error instanceof ImageError)) throw error;
      const message = `Cannot unpack the layer ${shortDigest(diffId)}: ${explain(error)}`;
      throw new ImageError(message, { cause: error });
    }
  }

  #isWorthKeeping(name: string, nowMs: number): boolean {
    const paths = layerPaths(join(this.#layers, name));
    if (readFacts(paths)?.isFetched !== true) return false;
    return nowMs - statSync(paths.facts).mtimeMs < KEPT_FOR_MS;
  }

  #makeRoom(): boolean {
    const others = this.#options.makeRoom?.() ?? false;
    const names = [...this.#spare];
    this.#spare.clear();
    for (const name of names) {
      const gone = this.#takeName(name);
      if (gone !== undefined) rmSync(gone, { recursive: true, force: true });
    }
    return others || names.length > 0;
  }

  async #remove(name: string): Promise<void> {
    const gone = this.#takeName(name);
    if (gone !== undefined) await removeAll(gone);
  }

  /** Takes the name away first: what is half removed is no layer. Where it lies then, if it was there. */
  #takeName(name: string): string | undefined {
    const from = join(this.#layers, name);
    if (!existsSync(from)) return undefined;
    const gone = join(this.#incoming, `gone-${process.pid}-${this.#count++}`);
    renameSync(from, gone);
    syncDirectoryOf(from);
    return gone;
  }
}

async function removeAll(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
