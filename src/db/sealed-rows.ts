import type { Database } from "bun:sqlite";
import type { RowCipher } from "./cipher.ts";
import { holdsSecrets } from "./operation.ts";
import type { ResealPosition } from "./writer-protocol.ts";

/** Rows that are looked at in one transaction: writes that wait meanwhile wait some milliseconds. */
const BATCH_ROWS = 200;

interface Row {
  readonly rowid: number;
  readonly place: string;
  /** Its collection or its meta type. */
  readonly kind: string;
  readonly value: Uint8Array;
}

/** Every table that may hold sealed rows, in the order of the walk, and what a row's place and kind are in it. */
const TABLES = {
  objects: { place: "collection || '/' || namespace || '/' || name", kind: "collection" },
  meta: { place: "key", kind: "type" },
  quarantine: { place: "collection || '/' || namespace || '/' || name", kind: "collection" },
} as const satisfies Record<ResealPosition["table"], object>;

/** Where a walk over all sealed rows begins. */
export const FIRST_SEALED_ROW: ResealPosition = { table: "objects", rowid: 0 };

/**
 * Seals the next rows by the newest key that an older one sealed, in one transaction; answers
 * where to go on. Rows that no key opens stay as they are.
 */
export function resealRows(
  sqlite: Database,
  cipher: RowCipher,
  from: ResealPosition,
): ResealPosition | undefined {
  const { table } = from;
  const { place, kind } = TABLES[table];
  const rows = sqlite
    .prepare<Row, [number]>(
      `SELECT rowid, ${place} AS place, ${kind} AS kind, value FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${BATCH_ROWS}`,
    )
    .all(from.rowid);
  const update = sqlite.prepare(`UPDATE ${table} SET value = $value WHERE rowid = $rowid`);
  sqlite
    .transaction(() => {
      for (const row of rows) {
        const value = sealsSecrets(table, row.kind) ? resealed(cipher, row) : undefined;
        if (value) update.run({ value, rowid: row.rowid });
      }
    })
    .immediate();
  const last = rows.at(-1);
  return last ? { table, rowid: last.rowid } : nextTable(table);
}

function sealsSecrets(table: ResealPosition["table"], kind: string): boolean {
  return holdsSecrets(table === "meta" ? { type: kind } : { collection: kind });
}

function resealed(cipher: RowCipher, { place, value }: Row): Uint8Array | undefined {
  try {
    return cipher.reseal(place, value);
  } catch {
    return undefined;
  }
}

function nextTable(table: ResealPosition["table"]): ResealPosition | undefined {
  switch (table) {
    case "objects":
      return { table: "meta", rowid: 0 };
    case "meta":
      return { table: "quarantine", rowid: 0 };
    case "quarantine":
      return undefined;
  }
}
