import type { Database } from "bun:sqlite";
import { UserError } from "#lib/errors.ts";

/**
 * The steps from an empty file to `schema.ts`, in order. A step that was released is never
 * changed; `PRAGMA user_version` counts those that ran. Tables with large values have a rowid:
 * without one a value of more than 1 KB takes pages of its own, which doubles what a write costs.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE objects (
     collection TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     value BLOB NOT NULL,
     PRIMARY KEY (collection, namespace, name)
   );
   CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, type TEXT NOT NULL, value BLOB NOT NULL);
   CREATE TABLE addresses (uid TEXT PRIMARY KEY, address TEXT NOT NULL UNIQUE) WITHOUT ROWID;
   CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,
  `ALTER TABLE objects ADD COLUMN checksum INTEGER;
   ALTER TABLE meta ADD COLUMN checksum INTEGER;
   CREATE TABLE quarantine (
     id INTEGER PRIMARY KEY,
     collection TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     value BLOB NOT NULL,
     checksum INTEGER,
     why TEXT NOT NULL
   );`,
  `CREATE TABLE image_rows (
     about TEXT NOT NULL,
     key TEXT NOT NULL,
     value BLOB NOT NULL,
     checksum INTEGER NOT NULL,
     PRIMARY KEY (about, key)
   );`,
];

/**
 * Brings a database to the newest schema; all steps or none.
 * @throws {UserError} for a database of a newer version of edgesite.
 */
export function migrate(sqlite: Database): void {
  const row = sqlite.query<{ user_version: number }, []>("PRAGMA user_version").get();
  const done = row?.user_version ?? 0;
  if (done > MIGRATIONS.length) {
    throw new UserError(
      `Cannot open the database ${sqlite.filename}: it was written by a newer edgesite (schema ${done}, this one knows ${MIGRATIONS.length}). Start that version, or restore a backup`,
    );
  }
  if (done === MIGRATIONS.length) return;
  sqlite
    .transaction(() => {
      for (const step of MIGRATIONS.slice(done)) sqlite.run(step);
      sqlite.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
    })
    .immediate();
}
