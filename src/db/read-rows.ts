import { parseStored } from "#api/codec/json.ts";
import { Item } from "#api/item.ts";
import { deepFreeze, type KubeObject } from "#api/object.ts";
import { explain } from "#lib/errors.ts";
import type { ObjectKey } from "./object-store.ts";
import type { Contents, ObjectRow, Operation, UnreadableObject } from "./operation.ts";

/** What the rows of the objects say. */
export interface ReadRows {
  readonly objects: readonly { readonly key: ObjectKey; readonly item: Item }[];
  /** All of quarantine, objects whose place another one has taken included. */
  readonly unreadable: readonly UnreadableObject[];
  /** Brings rows into quarantine, and out of it: to be written before anything else. */
  readonly moves: readonly Operation[];
}

/** Tells rows that are objects from those that are not. */
export function readRows({
  objects: rows,
  recovered,
  unreadable: found,
}: Pick<Contents, "objects" | "recovered" | "unreadable">): ReadRows {
  const objects: { key: ObjectKey; item: Item }[] = [];
  const unreadable = [...found];
  const taken = new Set<string>();
  const released: Operation[] = [];
  for (const row of rows) {
    const read = readRow(row);
    if ("why" in read) {
      unreadable.push(read);
    } else {
      taken.add(placeOf(row.key));
      objects.push(read);
    }
  }
  const moved = unreadable.map(
    ({ key, why }): Operation => ({ kind: "quarantineObject", key, why }),
  );
  for (const row of recovered) {
    const read = taken.has(placeOf(row.key))
      ? { key: row.key, why: "another object has its name now" }
      : readRow(row);
    if ("why" in read) {
      unreadable.push(read);
    } else {
      objects.push(read);
      released.push({ kind: "releaseObject", key: row.key });
    }
  }
  return { objects, unreadable, moves: [...moved, ...released] };
}

function readRow({ key, value }: ObjectRow): { key: ObjectKey; item: Item } | UnreadableObject {
  try {
    const object: KubeObject | null = parseStored(new TextDecoder().decode(value));
    const { name, namespace = "" } = object?.metadata ?? {};
    if (object === null || name !== key.name || namespace !== key.namespace) {
      return { key, why: "it holds another object than its key says" };
    }
    return { key, item: new Item(deepFreeze(object), owned(value)) };
  } catch (error) {
    return { key, why: `it is not JSON: ${explain(error)}` };
  }
}

/** Bytes never lie in shared memory here, which is all that the type of an encoding rules out. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}

const placeOf = ({ collection, namespace, name }: ObjectKey): string =>
  `${collection}/${namespace}/${name}`;
