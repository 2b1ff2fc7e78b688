import type { ObjectKey } from "./object-store.ts";

/** One change of one row, as it travels to the writer. */
export type Operation =
  | { readonly kind: "putObject"; readonly key: ObjectKey; readonly value: Uint8Array }
  | { readonly kind: "removeObject"; readonly key: ObjectKey }
  /** Moves the row of an object, as it is, to the quarantine; nothing where there is none. */
  | { readonly kind: "quarantineObject"; readonly key: ObjectKey; readonly why: string }
  /** Moves the newest quarantined row of an object back. */
  | { readonly kind: "releaseObject"; readonly key: ObjectKey }
  /** Removes all quarantined rows of an object. */
  | { readonly kind: "removeQuarantined"; readonly key: ObjectKey }
  | {
      readonly kind: "putMeta";
      readonly key: string;
      readonly type: string;
      readonly value: Uint8Array;
    }
  | { readonly kind: "removeMeta"; readonly key: string }
  | { readonly kind: "putAddress"; readonly uid: string; readonly address: string }
  | { readonly kind: "removeAddress"; readonly uid: string }
  | { readonly kind: "putSetting"; readonly name: string; readonly value: string }
  | ({ readonly kind: "putImageRow"; readonly value: Uint8Array } & ImageRowKey)
  | ({ readonly kind: "removeImageRow" } & ImageRowKey);

/** A row of the index of images: what it is about, and its name. */
export interface ImageRowKey {
  readonly about: "image" | "archive" | "pin";
  readonly key: string;
}

/** An object whose row cannot be read, and why not. */
export interface UnreadableObject {
  readonly key: ObjectKey;
  readonly why: string;
}

/** An object as its row holds it, decrypted: JSON. */
export interface ObjectRow {
  readonly key: ObjectKey;
  readonly value: Uint8Array;
}

/** Everything in the database, as it is read once at start. */
export interface Contents {
  readonly objects: readonly ObjectRow[];
  readonly meta: readonly {
    readonly key: string;
    readonly type: string;
    readonly value: Uint8Array;
  }[];
  readonly addresses: readonly { readonly uid: string; readonly address: string }[];
  readonly settings: readonly { readonly name: string; readonly value: string }[];
  /** Those that can be read: the others are made again from what lies on disk. */
  readonly images: readonly (ImageRowKey & { readonly value: Uint8Array })[];
  /** Objects whose rows could not be read, those that are in quarantine already included. */
  readonly unreadable: readonly UnreadableObject[];
  /** Rows in quarantine that can be read again: the right key is back. */
  readonly recovered: readonly ObjectRow[];
  /** Meta rows that could not be read, left where they are until they are written anew. */
  readonly unreadableMeta: readonly { readonly key: string; readonly why: string }[];
}

/** Rows of these collections and meta types are encrypted. */
const SECRET_COLLECTIONS: ReadonlySet<string> = new Set(["/secrets"]);
const SECRET_META_TYPES: ReadonlySet<string> = new Set(["secret", "serviceaccounttoken"]);

export function holdsSecrets(row: { collection: string } | { type: string }): boolean {
  return "collection" in row
    ? SECRET_COLLECTIONS.has(row.collection)
    : SECRET_META_TYPES.has(row.type);
}
