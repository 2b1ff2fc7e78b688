import { asc, eq, type SQL, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { addresses, imageRows, meta, objects, quarantine, settings } from "./schema.ts";

const { placeholder } = sql;
const excluded = (column: string): SQL => sql.raw(`excluded.${column}`);

/** All that is ever asked of the database, prepared once: a query that is built per call is three times slower. */
export type Statements = ReturnType<typeof prepareStatements>;

/** See `Statements`. */
export function prepareStatements(db: BunSQLiteDatabase) {
  return {
    ...readers(db),
    ...objectWriters(db),
    ...otherWriters(db),
    ...imageWriters(db),
  };
}

function readers(db: BunSQLiteDatabase) {
  return {
    objectRows: db.select().from(objects).prepare(),
    quarantineRows: db.select().from(quarantine).orderBy(asc(quarantine.id)).prepare(),
    metaRows: db.select().from(meta).prepare(),
    addressRows: db.select().from(addresses).prepare(),
    settingRows: db.select().from(settings).prepare(),
    imageRows: db.select().from(imageRows).prepare(),
  };
}

function objectWriters(db: BunSQLiteDatabase) {
  return {
    putObject: db
      .insert(objects)
      .values({
        collection: placeholder("collection"),
        namespace: placeholder("namespace"),
        name: placeholder("name"),
        value: placeholder("value"),
        checksum: placeholder("checksum"),
      })
      .onConflictDoUpdate({
        target: [objects.collection, objects.namespace, objects.name],
        set: { value: excluded("value"), checksum: excluded("checksum") },
      })
      .prepare(),
    removeObject: db
      .delete(objects)
      .where(
        sql`${objects.collection} = ${placeholder("collection")} and ${objects.namespace} = ${placeholder("namespace")} and ${objects.name} = ${placeholder("name")}`,
      )
      .prepare(),
  };
}

function otherWriters(db: BunSQLiteDatabase) {
  return {
    putMeta: db
      .insert(meta)
      .values({
        key: placeholder("key"),
        type: placeholder("type"),
        value: placeholder("value"),
        checksum: placeholder("checksum"),
      })
      .onConflictDoUpdate({
        target: meta.key,
        set: {
          type: excluded("type"),
          value: excluded("value"),
          checksum: excluded("checksum"),
        },
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

function imageWriters(db: BunSQLiteDatabase) {
  return {
    putImageRow: db
      .insert(imageRows)
      .values({
        about: placeholder("about"),
        key: placeholder("key"),
        value: placeholder("value"),
        checksum: placeholder("checksum"),
      })
      .onConflictDoUpdate({
        target: [imageRows.about, imageRows.key],
        set: { value: excluded("value"), checksum: excluded("checksum") },
      })
      .prepare(),
    removeImageRow: db
      .delete(imageRows)
      .where(
        sql`${imageRows.about} = ${placeholder("about")} and ${imageRows.key} = ${placeholder("key")}`,
      )
      .prepare(),
  };
}
