import { type Clock, systemClock } from "#lib/clock.ts";
import { AddressLeases } from "./address-leases.ts";
import type { SecretKeys } from "./cipher.ts";
import { CommittedObjects } from "./committed-objects.ts";
import { GroupCommit } from "./group-commit.ts";
import { ImageIndex } from "./image-index.ts";
import { MetaRows } from "./meta-rows.ts";
import type { ObjectKey, ObjectStore } from "./object-store.ts";
import type { Contents } from "./operation.ts";
import { type ReadRows, readRows } from "./read-rows.ts";
import { CEILING_SETTING, ResourceVersions } from "./resource-versions.ts";
import type { Salvage } from "./salvage.ts";
import { FIRST_SEALED_ROW } from "./sealed-rows.ts";
import { Settings } from "./settings.ts";
import { type OpenedWriter, Writer } from "./writer.ts";
import type { ResealPosition } from "./writer-protocol.ts";

const DEFAULT_HISTORY_BYTES = 4 * 1024 * 1024;

export interface DatabaseOptions extends SecretKeys {
  readonly path: string;
  readonly clock?: Clock;
  /** Bytes of JSON that the watch history of one kind may hold. Default 4 MiB. */
  readonly historyBytes?: number;
  /** The program of the database thread, an URL. Default: our own. */
  readonly thread?: string;
}

/** A row that cannot be read. */
export interface Unreadable {
  /** Of an object. */
  readonly key?: ObjectKey;
  readonly place: string;
  readonly why: string;
}

/** The stores of one database file. */
export class Database implements AsyncDisposable {
  readonly objects: ObjectStore;
  readonly meta: MetaRows;
  readonly settings: Settings;
  readonly images: ImageIndex;
  /** Where pages of the file could not be read when it was opened: what came of it. */
  readonly salvage: Salvage | undefined;
  readonly #commits: GroupCommit;
  readonly #writer: Writer;
  readonly #committed: CommittedObjects;
  readonly #addresses: Contents["addresses"];
  readonly #unreadableMeta: Contents["unreadableMeta"];

  private constructor(
    { writer, contents, salvage, rows }: OpenedWriter & { rows: ReadRows },
    { clock = systemClock, historyBytes = DEFAULT_HISTORY_BYTES }: DatabaseOptions,
  ) {
    this.#writer = writer;
    this.salvage = salvage;
    this.#commits = new GroupCommit(writer);
    this.settings = new Settings(this.#commits, contents.settings);
    this.meta = new MetaRows(this.#commits, contents.meta);
    this.images = new ImageIndex(this.#commits, contents.images);
    this.#unreadableMeta = contents.unreadableMeta;
    this.#addresses = contents.addresses;
    this.#committed = new CommittedObjects({
      commits: this.#commits,
      versions: new ResourceVersions(this.settings.get(CEILING_SETTING)),
      contents: rows,
      clock,
      historyBytes,
    });
    this.objects = this.#committed;
  }

  /**
   * Opens or creates the database and reads it into memory.
   * Rows that cannot be read are set aside, see `unreadable`; so are pages, see `salvage`.
   * @throws {UserError} when another process has it open, it is of a newer version, or unreadable.
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { path, thread, key, previousKey } = options;
    const keys = { ...(key && { key }), ...(previousKey && { previousKey }) };
    const opened = await Writer.open({ path, keys, ...(thread && { thread }) });
    const { writer } = opened;
    const rows = readRows(opened.contents);
    try {
      if (rows.moves.length > 0) await writer.commit(rows.moves);
    } catch (error) {
      await writer.close();
      throw error;
    }
    return new Database({ ...opened, rows }, options);
  }

  /** Rows that cannot be read, and why not: objects in quarantine, and meta rows that nothing has replaced yet. */
  get unreadable(): readonly Unreadable[] {
    const meta = this.#unreadableMeta.filter(({ key }) => this.meta.get(key) === undefined);
    return [
      ...this.#committed.unreadable.map(({ key, why }) => ({ key, place: placeOf(key), why })),
      ...meta.map(({ key, why }) => ({ place: `meta ${key}`, why })),
    ];
  }

  /** Secrets are sealed by `keys.key` from now on. */
  async useKeys(keys: SecretKeys): Promise<void> {
    await this.#writer.useKeys(keys);
  }

  /**
   * Seals everything by the newest key that an older one sealed, and leaves nothing else in the
   * files. Writes go on meanwhile.
   */
  async resealAll(): Promise<void> {
    // What rides was sealed by nobody yet, and is by the newest key when it is written.
    for (let from: ResealPosition | undefined = FIRST_SEALED_ROW; from; ) {
      from = await this.#writer.reseal(from);
    }
    await this.#writer.compact();
  }

  /** Aborts with a UserError when nothing can be written any more. */
  get lost(): AbortSignal {
    return this.#writer.lost;
  }

  /** The address leases over `pool`, all addresses there are in the order of their use. To be called once. */
  addressLeases(pool: () => Iterable<string>): AddressLeases {
    return new AddressLeases(this.#commits, { contents: this.#addresses, pool });
  }

  /** Writes what still waits and lets go of the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#committed.close();
    await this.#commits.drain();
    await this.#writer.close();
  }
}

function placeOf({ collection, namespace, name }: ObjectKey): string {
  return namespace === "" ? `${collection} ${name}` : `${collection} ${namespace}/${name}`;
}
