import { Database } from "bun:sqlite";
import { chmodSync, closeSync, openSync } from "node:fs";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { assertNever, errorCode, explain, UserError } from "#lib/errors.ts";
import { RowCipher, type SecretKeys } from "./cipher.ts";
import { migrate } from "./migrations.ts";
import type { ObjectKey } from "./object-store.ts";
import {
  type Contents,
  holdsSecrets,
  type ObjectRow,
  type Operation,
  type UnreadableObject,
} from "./operation.ts";
import { QuarantineTable } from "./quarantine-table.ts";
import { isDamage } from "./salvage.ts";
import { resealRows } from "./sealed-rows.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import type { ResealPosition } from "./writer-protocol.ts";

export interface TableWriterOptions {
  readonly path: string;
  readonly keys: SecretKeys;
}

/** A short text that is sealed by the key: it tells a wrong key from a damaged row. */
const KEY_SETTING = "secretsKey";
const KEY_TEXT = "This is the key of this database.";

/** Their pages are read by nothing else at start: damage shows there, and not at some later write. */
const INDEXES = [
  "objects INDEXED BY sqlite_autoindex_objects_1",
  "meta INDEXED BY sqlite_autoindex_meta_1",
  "addresses INDEXED BY sqlite_autoindex_addresses_2",
  "image_rows INDEXED BY sqlite_autoindex_image_rows_1",
];

/** No room, a disk that fails, or one that was made read-only. */
const NO_DATABASE = ". Restore a backup of it, or remove the site with 'edgesite reset'";
const DISK_REFUSES = /^SQLITE_(FULL|IOERR|READONLY)/;

/**
 * The one connection to the database file: locked for as long as it is open, so that a second
 * process on the same data directory is refused; durable at every commit (WAL, synchronous=FULL).
 */
export class TableWriter {
  readonly #sqlite: Database;
  readonly #statements: Statements;
  readonly #quarantine: QuarantineTable;
  #cipher: RowCipher;

  constructor({ path, keys }: TableWriterOptions) {
    this.#sqlite = open(path);
    this.#statements = prepareStatements(drizzle(this.#sqlite));
    this.#quarantine = new QuarantineTable(this.#sqlite);
    this.#cipher = new RowCipher(keys);
  }

  /**
   * All operations in one durable transaction, or none.
   * @throws {UserError} when the disk takes no more.
   */
  commit(operations: readonly Operation[]): void {
    const transaction = this.#sqlite.transaction(() => {
      for (const operation of operations) this.#apply(operation);
    });
    this.#onDisk(() => transaction.immediate());
  }

  /**
   * Reads everything, the indexes too.
   * @throws {UserError} when the key is not this database's.
   */
  load(): Contents {
    for (const index of INDEXES) this.#sqlite.run(`SELECT count(*) FROM ${index}`);
    const { objectRows, quarantineRows, metaRows, addressRows, settingRows, imageRows } =
      this.#statements;
    const unreadable: UnreadableObject[] = [];
    const unreadableMeta: { key: string; why: string }[] = [];
    const objects: ObjectRow[] = [];
    for (const row of objectRows.all().filter((one) => !this.#isShut(one))) {
      const { collection, namespace, name } = row;
      const key = { collection, namespace, name };
      const read = this.#read({ ...row, secret: holdsSecrets(row), place: placeOf(row) });
      if (read instanceof Uint8Array) objects.push({ key, value: read });
      else unreadable.push({ key, ...read });
    }
    const recovered: ObjectRow[] = [];
    // The newest row of an object decides.
    const quarantined = new Map(quarantineRows.all().map((row) => [placeOf(row), row]));
    for (const row of [...quarantined.values()].filter((one) => !this.#isShut(one))) {
      const { collection, namespace, name, why } = row;
      const key = { collection, namespace, name };
      const read = this.#read({ ...row, secret: holdsSecrets(row), place: placeOf(row) });
      if (read instanceof Uint8Array) recovered.push({ key, value: read });
      else unreadable.push({ key, why });
    }
    const meta = metaRows.all().flatMap((row) => {
      if (this.#isShut(row)) return [];
      const { key, type } = row;
      const read = this.#read({ ...row, secret: holdsSecrets(row), place: key });
      if (read instanceof Uint8Array) return [{ key, type, value: read }];
      unreadableMeta.push({ key, ...read });
      return [];
    });
    const settings = settingRows.all();
    const opened = [...objects, ...recovered].some(({ key }) => holdsSecrets(key));
    this.#checkKey(settings, opened);
    return {
      ...{ objects, recovered, meta, settings, unreadable, unreadableMeta },
      addresses: addressRows.all(),
      images: imageRows.all().filter(({ value, checksum }) => Bun.hash.crc32(value) === checksum),
    };
  }

  /** Secrets are sealed by `keys.key` from now on. */
  useKeys(keys: SecretKeys): void {
    this.#cipher = new RowCipher(keys);
    if (keys.previousKey) this.#sealKeyText();
  }

  /** See `resealRows`. @throws {UserError} when the disk takes no more. */
  reseal(from: ResealPosition): ResealPosition | undefined {
    return this.#onDisk(() => resealRows(this.#sqlite, this.#cipher, from));
  }

  /** Leaves nothing in the files but what the rows hold now. @throws {UserError} when the disk has no room for a second copy. */
  compact(): void {
    this.#onDisk(() => {
      this.#sqlite.run("VACUUM");
      this.#sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)");
    });
  }

  /** Folds the log into the file and lets go of the lock. */
  close(): void {
    try {
      this.#sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A disk without room: what was committed lies in the log, and the next start reads it there.
    }
    this.#sqlite.close();
  }

  #apply(operation: Operation): void {
    const run = this.#statements;
    switch (operation.kind) {
      case "putObject": {
        const { collection, namespace, name } = operation.key;
        const place = placeOf(operation.key);
        const stored = this.#stored(holdsSecrets(operation.key), place, operation.value);
        return run.putObject.run({ collection, namespace, name, ...stored });
      }
      case "removeObject":
        return run.removeObject.run({ ...operation.key });
      case "quarantineObject":
        return this.#quarantine.put(operation.key, operation.why);
      case "releaseObject":
        return this.#quarantine.release(operation.key);
      case "removeQuarantined":
        return this.#quarantine.remove(operation.key);
      case "putMeta": {
        const { key, type } = operation;
        const stored = this.#stored(holdsSecrets(operation), key, operation.value);
        return run.putMeta.run({ key, type, ...stored });
      }
      case "removeMeta":
        return run.removeMeta.run({ key: operation.key });
      case "putAddress":
        return run.putAddress.run({ uid: operation.uid, address: operation.address });
      case "removeAddress":
        return run.removeAddress.run({ uid: operation.uid });
      case "putSetting":
        return run.putSetting.run({ name: operation.name, value: operation.value });
      case "putImageRow": {
        const { about, key } = operation;
        const { value, checksum } = plainRow(operation.value);
        return run.putImageRow.run({ about, key, value, checksum });
      }
      case "removeImageRow":
        return run.removeImageRow.run({ about: operation.about, key: operation.key });
      default:
        assertNever(operation, "operation");
    }
  }

  #stored(secret: boolean, place: string, value: Uint8Array): Stored {
    if (secret) return { value: this.#cipher.seal(place, value), checksum: null };
    return plainRow(value);
  }

  /** Nobody gave a key, so nobody wants to know. */
  #isShut(row: { collection: string } | { type: string }): boolean {
    return !this.#cipher.hasKey && holdsSecrets(row);
  }

  #read({ secret, place, value, checksum }: Found): Uint8Array | { readonly why: string } {
    try {
      if (secret) return this.#cipher.open(place, value);
    } catch (error) {
      return { why: `it cannot be decrypted: ${explain(error)}` };
    }
    if (checksum === null || checksum === Bun.hash.crc32(value)) return value;
    return { why: "its checksum is wrong" };
  }

  /** A damaged row is not the key's fault while another one opens. */
  #checkKey(settings: readonly { name: string; value: string }[], opened: boolean): void {
    if (!this.#cipher.hasKey) return;
    const sealed = settings.find(({ name }) => name === KEY_SETTING)?.value;
    const isRight = sealed === undefined || this.#opensKeyText(sealed);
    if (!isRight && !opened) {
      throw new UserError(
        `Cannot open the Secrets in ${this.#sqlite.filename}: the encryption key is not the one that they were written with. Restore that key from a backup`,
      );
    }
    if (sealed === undefined || !isRight) this.#sealKeyText();
  }

  #opensKeyText(sealed: string): boolean {
    try {
      return this.#cipher.open(KEY_SETTING, Buffer.from(sealed, "base64")).toString() === KEY_TEXT;
    } catch {
      return false;
    }
  }

  #sealKeyText(): void {
    const sealed = this.#cipher.seal(KEY_SETTING, Buffer.from(KEY_TEXT));
    const value = sealed.toString("base64");
    this.commit([{ kind: "putSetting", name: KEY_SETTING, value }]);
  }

  #onDisk<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { filename } = this.#sqlite;
      if (isDamage(error)) {
        throw new UserError(
          `Cannot write the database ${filename}: ${explain(error)}. Start edgesite again: it saves what can be read`,
        );
      }
      if (!DISK_REFUSES.test(errorCode(error) ?? "")) throw error;
      throw new UserError(`Cannot write the database ${filename}: ${explain(error)}`, {
        cause: error,
      });
    }
  }
}

interface Found extends Stored {
  readonly secret: boolean;
  readonly place: string;
}

interface Stored {
  readonly value: Buffer;
  readonly checksum: number | null;
}

function plainRow(value: Uint8Array): { readonly value: Buffer; readonly checksum: number } {
  const plain = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { value: plain, checksum: Bun.hash.crc32(plain) };
}

function placeOf({ collection, namespace, name }: ObjectKey): string {
  return `${collection}/${namespace}/${name}`;
}

/** Opens and locks the file; the modes keep it from other users before SQLite writes to it. */
function open(path: string): Database {
  try {
    if (path !== ":memory:") {
      closeSync(openSync(path, "a", 0o600));
      chmodSync(path, 0o600);
    }
    const sqlite = new Database(path, { create: true, strict: true });
    sqlite.run("PRAGMA locking_mode = EXCLUSIVE");
    sqlite.run("PRAGMA journal_mode = WAL");
    sqlite.run("PRAGMA synchronous = FULL");
    // What was deleted is overwritten where that costs no page of its own.
    sqlite.run("PRAGMA secure_delete = FAST");
    migrate(sqlite);
    sqlite.run("BEGIN IMMEDIATE; COMMIT");
    return sqlite;
  } catch (error) {
    if (error instanceof UserError || isDamage(error)) throw error;
    if (errorCode(error)?.startsWith("SQLITE_BUSY")) {
      throw new UserError(
        `Cannot open the database ${path}: another edgesite runs on this data directory. Stop it with 'edgesite stop', or choose another --data-dir`,
        { cause: error },
      );
    }
    const advice = errorCode(error) === "SQLITE_NOTADB" ? NO_DATABASE : "";
    throw new UserError(`Cannot open the database ${path}: ${explain(error)}${advice}`, {
      cause: error,
    });
  }
}
