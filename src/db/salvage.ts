import { Database, type SQLQueryBindings, type Statement } from "bun:sqlite";
import { closeSync, existsSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { syncDirectoryOf } from "#lib/atomic-file.ts";
import { errorCode, UserError } from "#lib/errors.ts";
import { migrate } from "./migrations.ts";

/** What came of a database file with pages that cannot be read. */
export interface Salvage {
  /** Where the file lies now, as it was found. */
  readonly damagedFile: string;
  /** Rows of objects whose page is gone: their names were found in the index. They are in quarantine. */
  readonly lostObjects: number;
}

interface Row {
  readonly rowid: number;
  readonly [column: string]: SQLQueryBindings;
}

/** A file that was opened, and the new one that is filled from it. */
interface Files {
  readonly from: Database;
  readonly to: Database;
}

const OBJECT_INDEX = "sqlite_autoindex_objects_1";
const OBJECT_KEY = "collection, namespace, name";
/** Tables of which less is better than nothing. */
const ROW_TABLES = {
  objects: `${OBJECT_KEY}, value, checksum`,
  meta: "key, type, value, checksum",
  quarantine: `${OBJECT_KEY}, value, checksum, why`,
  image_rows: "about, key, value, checksum",
} as const;
/** Small tables without which the rows of the others would mean something else. */
const WHOLE_TABLES = { settings: "name, value", addresses: "uid, address" } as const;

/** So many rowids in a row may lie on pages that cannot be read before the table counts as read. */
const MAX_MISSES = 100_000;
const LOST = "its page of the database file cannot be read";
/** No bytes have it, so that a row without its value is never taken for one. */
const NO_CHECKSUM = -1;

/** True for an error that says that pages of the file are not what they should be. */
export function isDamage(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (errorCode(error)?.startsWith("SQLITE_CORRUPT")) return true;
  }
  return false;
}

/**
 * Replaces a database file that has pages that cannot be read by a new one with all that can. The
 * old file is kept beside it. Whatever happens to the power, one of the two is there, whole. To be
 * called when nobody has the file open.
 * @throws {UserError} when too much of it is gone.
 */
export function salvage(path: string): Salvage {
  const replacement = `${path}.new`;
  rmSync(replacement, { force: true });
  closeSync(openSync(replacement, "wx", 0o600));
  try {
    using from = new Database(path, { strict: true });
    // What lies in the log belongs to the pages: from here on, the file alone is the database.
    from.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_checkpoint(TRUNCATE)");
    const lostObjects = copyTo(replacement, from);
    const damagedFile = freeName(path);
    linkSync(path, damagedFile);
    renameSync(replacement, path);
    syncDirectoryOf(path);
    return { damagedFile, lostObjects };
  } catch (error) {
    rmSync(replacement, { force: true });
    if (!isDamage(error)) throw error;
    throw new UserError(
      `Cannot read the database ${path}: it is damaged where everything else depends on it. Restore a backup of it, or remove the site with 'edgesite reset'`,
      { cause: error },
    );
  }
}

function copyTo(path: string, from: Database): number {
  using to = new Database(path, { strict: true });
  to.run("PRAGMA synchronous = FULL");
  migrate(to);
  const files = { from, to };
  return to.transaction(() => {
    for (const [table, columns] of Object.entries(WHOLE_TABLES)) {
      const insert = insertInto(to, table, columns);
      for (const row of from.query<Row, []>(`SELECT ${columns} FROM ${table}`).all()) {
        insert.run(row);
      }
    }
    for (const [table, columns] of Object.entries(ROW_TABLES)) {
      if (!hasTable(from, table)) continue; // it is of an older version
      const insert = insertInto(to, table, columns);
      for (const { rowid: _, ...row } of readableRows(from, table, columns)) insert.run(row);
    }
    return quarantineLost(files);
  })();
}

function hasTable(file: Database, table: string): boolean {
  return file.query("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table) !== null;
}

/** The first of two rows of one name is as good as the second. */
function insertInto(to: Database, table: string, columns: string): Statement {
  const values = columns.replaceAll(/\w+/g, (column) => `$${column}`);
  return to.prepare(`INSERT OR IGNORE INTO ${table} (${columns}) VALUES (${values})`);
}

function* readableRows(from: Database, table: string, columns: string): Iterable<Row> {
  const next = from.prepare<Row, [number]>(
    `SELECT rowid, ${columns} FROM ${table} NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT 1`,
  );
  let misses = 0;
  for (let rowid = 0; misses < MAX_MISSES; ) {
    const row = orDamaged(() => next.get(rowid));
    if (row === null) return;
    misses = row === DAMAGED ? misses + 1 : 0;
    if (row !== DAMAGED) yield row;
    rowid = row === DAMAGED ? rowid + 1 : row.rowid;
  }
}

/** Objects that only the index knows of are not simply absent: they go to quarantine by name. */
function quarantineLost({ from, to }: Files): number {
  const isThere = to.prepare(
    "SELECT 1 FROM objects WHERE collection = $collection AND namespace = $namespace AND name = $name",
  );
  const keep = insertInto(to, "quarantine", `${OBJECT_KEY}, value, checksum, why`);
  let lost = 0;
  for (const key of indexedKeys(from)) {
    if (isThere.get(key) !== null) continue;
    keep.run({ ...key, value: new Uint8Array(), checksum: NO_CHECKSUM, why: LOST });
    lost += 1;
  }
  return lost;
}

type Key = { readonly collection: string; readonly namespace: string; readonly name: string };

/** To the first page of the index that cannot be read, and from the end to the last one. */
function* indexedKeys(from: Database): Iterable<Key> {
  for (const order of ["ASC", "DESC"]) {
    const rows = from
      .query<Key, []>(
        `SELECT ${OBJECT_KEY} FROM objects INDEXED BY ${OBJECT_INDEX} ORDER BY collection ${order}, namespace ${order}, name ${order}`,
      )
      .iterate();
    for (;;) {
      const step = orDamaged(() => rows.next());
      if (step === DAMAGED) break;
      if (step.done) return;
      yield step.value;
    }
  }
}

const DAMAGED = Symbol("damaged");

function orDamaged<T>(read: () => T): T | typeof DAMAGED {
  try {
    return read();
  } catch (error) {
    if (isDamage(error)) return DAMAGED;
    throw error;
  }
}

function freeName(path: string): string {
  for (let count = 1; ; count += 1) {
    const name = `${path}.damaged-${count}`;
    if (!existsSync(name)) return name;
  }
}
