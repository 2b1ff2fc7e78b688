import type { ObjectKey } from "./object-store.ts";

/** One change of one row, as it travels to the writer. */
export type Operation =
  | { readonly kind: "putObject"; readonly key: ObjectKey; readonly value: Uint8Array }
  | { readonly kind: "removeObject"; readonly key: ObjectKey }
  | {
      readonly kind: "putMeta";
      readonly key: string;
      readonly type: string;
      readonly value: Uint8Array;
    }
  | { readonly kind: "removeMeta"; readonly key: string }
  | { readonly kind: "putAddress"; readonly uid: string; readonly address: string }
  | { readonly kind: "removeAddress"; readonly uid: string }
  | { readonly kind: "putSetting"; readonly name: string; readonly value: string };

/** Everything in the database, as it is read once at start. */
export interface Contents {
  readonly objects: readonly { readonly key: ObjectKey; readonly value: Uint8Array }[];
  readonly meta: readonly {
    readonly key: string;
    readonly type: string;
    readonly value: Uint8Array;
  }[];
  readonly addresses: readonly { readonly uid: string; readonly address: string }[];
  readonly settings: readonly { readonly name: string; readonly value: string }[];
  /** Rows that could not be decrypted; they are left where they are. */
  readonly unreadable: readonly { readonly place: string; readonly why: string }[];
}

/** Rows of these collections and meta types are encrypted. */
const SECRET_COLLECTIONS: ReadonlySet<string> = new Set(["/secrets"]);
const SECRET_META_TYPES: ReadonlySet<string> = new Set(["secret", "serviceaccounttoken"]);

export function holdsSecrets(row: { collection: string } | { type: string }): boolean {
  return "collection" in row
    ? SECRET_COLLECTIONS.has(row.collection)
    : SECRET_META_TYPES.has(row.type);
}
