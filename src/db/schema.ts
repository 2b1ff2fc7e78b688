import { blob, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One row per API object, updated in place. */
export const objects = sqliteTable(
  "objects",
  {
    collection: text().notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    /** JSON, encrypted in collections that hold secrets. */
    value: blob({ mode: "buffer" }).notNull(),
    /** CRC-32 of `value`; none for encrypted ones, which have their own, and those of older versions. */
    checksum: integer(),
  },
  ({ collection, namespace, name }) => [primaryKey({ columns: [collection, namespace, name] })],
);

/** KubeEdge's `meta` table: what the edge side must run. */
export const meta = sqliteTable("meta", {
  key: text().primaryKey(),
  type: text().notNull(),
  value: blob({ mode: "buffer" }).notNull(),
  /** As for `objects`. */
  checksum: integer(),
});

/** Rows of `objects` that could not be read, as they were found. */
export const quarantine = sqliteTable("quarantine", {
  id: integer().primaryKey(),
  collection: text().notNull(),
  namespace: text().notNull(),
  name: text().notNull(),
  value: blob({ mode: "buffer" }).notNull(),
  checksum: integer(),
  why: text().notNull(),
});

/** Addresses of pods, kept across restarts. */
export const addresses = sqliteTable("addresses", {
  uid: text().primaryKey(),
  address: text().notNull().unique(),
});

/** What was decided at the first start and stays: site ID, address ranges, runtime; and the resourceVersion ceiling. */
export const settings = sqliteTable("settings", {
  name: text().primaryKey(),
  value: text().notNull(),
});

/** The index of images: JSON for each image, each archive that was taken in, each pin of an engine's image. */
export const imageRows = sqliteTable(
  "image_rows",
  {
    about: text({ enum: ["image", "archive", "pin"] }).notNull(),
    key: text().notNull(),
    value: blob({ mode: "buffer" }).notNull(),
    checksum: integer().notNull(),
  },
  ({ about, key }) => [primaryKey({ columns: [about, key] })],
);
