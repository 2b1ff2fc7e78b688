import { Database } from "bun:sqlite";
import { chmodSync, closeSync, openSync } from "node:fs";
import { eq, sql } from "drizzle-orm";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import { assertNever, errorCode, explain, UserError } from "#lib/errors.ts";
import { RowCipher } from "./cipher.ts";
import { migrate } from "./migrations.ts";
import { type Contents, holdsSecrets, type Operation } from "./operation.ts";
import { addresses, meta, objects, settings } from "./schema.ts";

export interface TableWriterOptions {
  readonly path: string;
  /** 32 bytes for the rows that hold secrets. */
  readonly key: Uint8Array;
}

/** No room, a disk that fails, or one that was made read-only. */
const DISK_REFUSES = /^SQLITE_(FULL|IOERR|READONLY)/;

/**
 * The one connection to the database file: locked for as long as it is open, so that a second
 * process on the same data directory is refused; durable at every commit (WAL, synchronous=FULL).
 */
export class TableWriter {
  readonly #sqlite: Database;
  readonly #statements: Statements;
  readonly #cipher: RowCipher;

  constructor({ path, key }: TableWriterOptions) {
    this.#sqlite = open(path);
    this.#statements = prepare(drizzle(this.#sqlite));
    this.#cipher = new RowCipher(key);
  }

  /**
   * All operations in one durable transaction, or none.
   * @throws {UserError} when the disk takes no more.
   */
  commit(operations: readonly Operation[]): void {
    const transaction = this.#sqlite.transaction(() => {
      for (const operation of operations) this.#apply(operation);
    });
    try {
      transaction.immediate();
    } catch (error) {
      if (!DISK_REFUSES.test(errorCode(error) ?? "")) throw error;
      const { filename } = this.#sqlite;
      throw new UserError(`Cannot write the database ${filename}: ${explain(error)}`, {
        cause: error,
      });
    }
  }

  /** Reads everything. */
  load(): Contents {
    const { objectRows, metaRows, addressRows, settingRows } = this.#statements;
    const unreadable: { place: string; why: string }[] = [];
    const readable = <R extends { value: Uint8Array }>(secret: boolean, place: string, row: R) => {
      if (!secret) return [row];
      try {
        return [{ ...row, value: this.#cipher.open(place, row.value) }];
      } catch (error) {
        unreadable.push({ place, why: explain(error) });
        return [];
      }
    };
    return {
      objects: objectRows.all().flatMap(({ value, ...key }) => {
        const place = `${key.collection}/${key.namespace}/${key.name}`;
        return readable(holdsSecrets(key), place, { key, value });
      }),
      meta: metaRows.all().flatMap((row) => readable(holdsSecrets(row), row.key, row)),
      addresses: addressRows.all(),
      settings: settingRows.all(),
      unreadable,
    };
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
        const place = `${collection}/${namespace}/${name}`;
        const value = this.#stored(holdsSecrets(operation.key), place, operation.value);
        return run.putObject.run({ collection, namespace, name, value });
      }
      case "removeObject":
        return run.removeObject.run({ ...operation.key });
      case "putMeta": {
        const { key, type } = operation;
        const value = this.#stored(holdsSecrets(operation), key, operation.value);
        return run.putMeta.run({ key, type, value });
      }
      case "removeMeta":
        return run.removeMeta.run({ key: operation.key });
      case "putAddress":
        return run.putAddress.run({ uid: operation.uid, address: operation.address });
      case "removeAddress":
        return run.removeAddress.run({ uid: operation.uid });
      case "putSetting":
        return run.putSetting.run({ name: operation.name, value: operation.value });
      default:
        assertNever(operation, "operation");
    }
  }

  #stored(secret: boolean, place: string, value: Uint8Array): Buffer {
    return secret
      ? this.#cipher.seal(place, value)
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
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
    migrate(sqlite);
    sqlite.run("BEGIN IMMEDIATE; COMMIT");
    return sqlite;
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (errorCode(error)?.startsWith("SQLITE_BUSY")) {
      throw new UserError(
        `Cannot open the database ${path}: another edgesite runs on this data directory. Stop it with 'edgesite stop', or choose another --data-dir`,
        { cause: error },
      );
    }
    throw new UserError(`Cannot open the database ${path}: ${explain(error)}`, { cause: error });
  }
}

type Statements = ReturnType<typeof prepare>;

function prepare(db: BunSQLiteDatabase) {
  const { placeholder } = sql;
  const excluded = (column: string) => sql.raw(`excluded.${column}`);
  return {
    objectRows: db.select().from(objects).prepare(),
    metaRows: db.select().from(meta).prepare(),
    addressRows: db.select().from(addresses).prepare(),
    settingRows: db.select().from(settings).prepare(),
    putObject: db
      .insert(objects)
      .values({
        collection: placeholder("collection"),
        namespace: placeholder("namespace"),
        name: placeholder("name"),
        value: placeholder("value"),
      })
      .onConflictDoUpdate({
        target: [objects.collection, objects.namespace, objects.name],
        set: { value: excluded("value") },
      })
      .prepare(),
    removeObject: db
      .delete(objects)
      .where(
        sql`${objects.collection} = ${placeholder("collection")} and ${objects.namespace} = ${placeholder("namespace")} and ${objects.name} = ${placeholder("name")}`,
      )
      .prepare(),
    putMeta: db
      .insert(meta)
      .values({ key: placeholder("key"), type: placeholder("type"), value: placeholder("value") })
      .onConflictDoUpdate({
        target: meta.key,
        set: { type: excluded("type"), value: excluded("value") },
      })
      .prepare(),
    removeMeta: db
      .delete(meta)
      .where(eq(meta.key, placeholder("key")))
      .prepare(),
    putAddress: db
      .insert(addresses)
      .values({ uid: placeholder("uid"), address: placeholder("address") })
      .prepare(),
    removeAddress: db
      .delete(addresses)
      .where(eq(addresses.uid, placeholder("uid")))
      .prepare(),
    putSetting: db
      .insert(settings)
      .values({ name: placeholder("name"), value: placeholder("value") })
      .onConflictDoUpdate({ target: settings.name, set: { value: excluded("value") } })
      .prepare(),
  };
}
