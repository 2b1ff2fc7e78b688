/** KubeEdge's `meta` table: key `<namespace>/<type>/<name>`, type `pod`, value JSON. */
export interface MetaRow {
  readonly key: string;
  readonly type: string;
  readonly value: string;
}

/**
 * What metaManager keeps. Reads are from memory. Writes return at once and are on disk with the
 * next group commit: in the all-in-one this store is a cache of the site's objects.
 */
export interface MetaStore {
  get(key: string): MetaRow | undefined;
  list(type: string): readonly MetaRow[];
  put(row: MetaRow): void;
  delete(key: string): void;
}
