import type { Digest } from "../digest.ts";
import { readConfig } from "../image-contents.ts";
import type { StoredImage } from "../image-store.ts";
import { lowerDirectory } from "../layers/layer-files.ts";
import { fullName, parseImageReference } from "../reference.ts";
import type { ImageRowChange, ImageRows } from "./image-rows.ts";

/** An image as its row holds it. */
export interface ImageRecord {
  readonly id: Digest;
  /** Full names, by tag. */
  readonly names: readonly string[];
  /** `name@sha256:…`, for each registry that it came from. */
  readonly digests: readonly string[];
  /** The lowest first. */
  readonly layers: readonly Digest[];
  readonly sizeBytes: number;
  /** The text of its configuration. */
  readonly config: string;
  readonly pinned: boolean;
  /** The archive that it was imported from. */
  readonly archive?: string;
}

const SHORTEST_ID = 12;

/** The index of images: in memory, and in rows. */
export class ImageRecords {
  readonly #rows: ImageRows;
  readonly #byId = new Map<Digest, ImageRecord>();

  constructor(rows: ImageRows) {
    this.#rows = rows;
    for (const { key, value } of rows.list("image")) {
      const record: ImageRecord = JSON.parse(value);
      this.#byId.set(key, record);
    }
  }

  all(): readonly ImageRecord[] {
    return [...this.#byId.values()];
  }

  /** By any name that people write, by ID, or by the first digits of one image's ID alone. */
  find(name: string): ImageRecord | undefined {
    const hex = name.replace(/^sha256:/, "");
    if (/^[0-9a-f]{12,64}$/.test(hex) && hex.length >= SHORTEST_ID) {
      const found = this.all().filter(({ id }) => id.startsWith(`sha256:${hex}`));
      if (found.length === 1) return found[0];
    }
    const reference = parseImageReference(name);
    if (!reference) return undefined;
    const { registry, repository, digest } = reference;
    if (digest !== undefined) {
      const full = `${registry}/${repository}@${digest}`;
      return this.all().find(({ digests, id }) => digests.includes(full) || id === digest);
    }
    const full = fullName(reference);
    return this.all().find(({ names }) => names.includes(full));
  }

  /** Keeps images; a name that another one had is theirs now. */
  async put(records: readonly ImageRecord[]): Promise<void> {
    const ids = new Set(records.map(({ id }) => id));
    const taken = new Set(records.flatMap(({ names }) => names));
    const losers = this.all()
      .filter(({ id, names }) => !ids.has(id) && names.some((name) => taken.has(name)))
      .map((loser) => ({ ...loser, names: loser.names.filter((name) => !taken.has(name)) }));
    await this.#write([...losers, ...records]);
  }

  async remove(id: Digest): Promise<void> {
    await this.#rows.write([{ kind: "image", key: id }]);
    this.#byId.delete(id);
  }

  async #write(records: readonly ImageRecord[]): Promise<void> {
    const changed = records.filter(
      (record) => JSON.stringify(this.#byId.get(record.id)) !== JSON.stringify(record),
    );
    if (changed.length === 0) return;
    await this.#rows.write(
      changed.map(
        (record): ImageRowChange => ({
          kind: "image",
          key: record.id,
          value: JSON.stringify(record),
        }),
      ),
    );
    for (const record of changed) this.#byId.set(record.id, record);
  }
}

/** An image as its users see it. */
export function storedImage(record: ImageRecord): StoredImage {
  const { id, names, digests, sizeBytes, pinned, layers } = record;
  const { config } = readConfig(record.config);
  return {
    id,
    names: [...digests, ...names],
    digest: digests[0] ?? id,
    sizeBytes,
    user: config.User ?? "",
    config,
    pinned,
    lowerDirectories: layers.map(lowerDirectory).toReversed(),
  };
}
