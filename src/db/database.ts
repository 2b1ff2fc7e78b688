import { type Clock, systemClock } from "#lib/clock.ts";
import { AddressLeases } from "./address-leases.ts";
import { CommittedObjects } from "./committed-objects.ts";
import { GroupCommit } from "./group-commit.ts";
import { MetaRows } from "./meta-rows.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Contents } from "./operation.ts";
import { CEILING_SETTING, ResourceVersions } from "./resource-versions.ts";
import { Settings } from "./settings.ts";
import { Writer } from "./writer.ts";

const DEFAULT_HISTORY_BYTES = 4 * 1024 * 1024;

export interface DatabaseOptions {
  readonly path: string;
  /** 32 bytes: the key of the rows that hold secrets. */
  readonly key: Uint8Array;
  readonly clock?: Clock;
  /** Bytes of JSON that the watch history of one kind may hold. Default 4 MiB. */
  readonly historyBytes?: number;
  /** The program of the database thread, an URL. Default: our own. */
  readonly thread?: string;
}

/** The stores of one database file. */
export class Database implements AsyncDisposable {
  readonly objects: ObjectStore;
  readonly meta: MetaRows;
  readonly settings: Settings;
  /** Rows that cannot be read, left where they are; `status` shows them. */
  readonly unreadable: Contents["unreadable"];
  readonly #commits: GroupCommit;
  readonly #writer: Writer;
  readonly #committed: CommittedObjects;
  readonly #addresses: Contents["addresses"];

  private constructor(
    { writer, contents }: { writer: Writer; contents: Contents },
    { clock = systemClock, historyBytes = DEFAULT_HISTORY_BYTES }: DatabaseOptions,
  ) {
    this.#writer = writer;
    this.#commits = new GroupCommit(writer);
    this.settings = new Settings(this.#commits, contents.settings);
    this.meta = new MetaRows(this.#commits, contents.meta);
    this.unreadable = contents.unreadable;
    this.#addresses = contents.addresses;
    this.#committed = new CommittedObjects({
      commits: this.#commits,
      versions: new ResourceVersions(this.settings.get(CEILING_SETTING)),
      contents: contents.objects,
      clock,
      historyBytes,
    });
    this.objects = this.#committed;
  }

  /**
   * Opens or creates the database and reads it into memory.
   * @throws {UserError} when another process has it open, it is of a newer version, or unreadable.
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    return new Database(await Writer.open(options), options);
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
