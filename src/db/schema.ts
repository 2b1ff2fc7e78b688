import { blob, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One row per API object, updated in place. */
export const objects = sqliteTable(
  "objects",
  {
    collection: text().notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    /** JSON, encrypted in collections that hold secrets. */
    value: blob({ mode: "buffer" }).notNull(),
  },
  ({ collection, namespace, name }) => [primaryKey({ columns: [collection, namespace, name] })],
);

/** KubeEdge's `meta` table: what the edge side must run. */
export const meta = sqliteTable("meta", {
  key: text().primaryKey(),
  type: text().notNull(),
  value: blob({ mode: "buffer" }).notNull(),
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
