import { isJsonObject, type JsonObject, jsonType } from "../codec/json-value.ts";
import type { ObjectType } from "../schema.ts";
import { badRequest } from "../status.ts";
import {
  DELETE_FROM_LIST,
  discardNulls,
  fieldOf,
  isDeletion,
  isOrder,
  PATCH,
  RETAIN_KEYS,
  SET_ELEMENT_ORDER,
  withoutOrders,
} from "./directives.ts";
import { goFormat, goTypeOf } from "./go-format.ts";
import { fromMap, isMap, type JsonMap, toMap } from "./json-map.ts";
import { elementType, type List, nameOf, orderMerged } from "./list-order.ts";
import { type MergedList, mergeList, unknownDirective } from "./merge-lists.ts";
import { contradictoryPatch, wrongType } from "./patch-errors.ts";
import { fieldMeta, listMeta, type Place } from "./patch-meta.ts";

/** A merged object, and what Kubernetes shows as the patch when the object is then refused. */
export interface Merged {
  readonly value: JsonObject;
  /** The patch as Go prints it: what has been carried out is gone. */
  shown(): string;
}

/**
 * Kubernetes' strategic merge patch: maps are merged, lists are merged by the key that the schema
 * names or else replaced, and directives say the rest. The inputs are not changed.
 *
 * @see https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 * @throws StatusError 400 for a malformed patch, 422 for a list of lists, 500 for one that
 * contradicts itself or the schema, each in upstream's words.
 */
export function applyStrategicMergePatch(
  type: ObjectType,
  original: JsonObject,
  patch: unknown,
): Merged {
  if (patch !== null && !isJsonObject(patch))
    throw badRequest(
      `json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`,
    );
  const change = toMap(patch ?? {});
  const value = fromMap(mergeMap(toMap(original), change, { type }));
  return { value, shown: () => goFormat(change) };
}

/** Both maps change: `original` becomes the result, `patch` loses what has been carried out. */
function mergeMap(original: JsonMap, patch: JsonMap, place: Place): JsonMap {
  if (isOrder(patch)) return obeyMap(patch);
  retainKeys(original, patch);
  for (const key of [...patch.keys()])
    if (key.startsWith(SET_ELEMENT_ORDER)) mergeOrdered(key, { original, patch, place });
  for (const [key, change] of [...patch]) mergeField(key, change, { original, place });
  return original;
}

function obeyMap(patch: JsonMap): JsonMap {
  switch (patch.get(PATCH)) {
    case "replace":
      patch.delete(PATCH);
      return patch;
    case "delete":
      return new Map();
    default:
      throw unknownDirective(patch);
  }
}

const malformed = (what: string) => badRequest(`invalid patch format of ${what}`);

/** Drops what `$retainKeys` does not name; it must name all that the patch sets. */
function retainKeys(original: JsonMap, patch: JsonMap): void {
  if (!patch.has(RETAIN_KEYS)) return;
  const retained = patch.get(RETAIN_KEYS);
  patch.delete(RETAIN_KEYS);
  if (!Array.isArray(retained) || retained.some((key) => isMap(key) || Array.isArray(key)))
    throw malformed("retainKeys");
  const kept = new Set<unknown>(retained);
  for (const [key, value] of patch) {
    const isDirective = key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ELEMENT_ORDER);
    if (value !== null && !isDirective && !kept.has(key)) throw malformed("retainKeys");
  }
  for (const key of original.keys()) if (!kept.has(key)) original.delete(key);
}

interface Merging {
  readonly original: JsonMap;
  readonly place: Place;
}

function mergeField(key: string, change: unknown, { original, place }: Merging): void {
  const leaves = key.startsWith(DELETE_FROM_LIST);
  const field = leaves ? fieldOf(key, DELETE_FROM_LIST) : key;
  if (field === undefined) throw malformed("primitive list");
  const name = field === "" ? key : field;
  const live = original.get(name);
  if (change === null) original.delete(name);
  else if (isMap(live) && isMap(change)) {
    const meta = fieldMeta(place, name);
    original.set(name, meta.strategy === "replace" ? change : mergeMap(live, change, meta));
  } else if (Array.isArray(live) && Array.isArray(change)) {
    const meta = listMeta(place, name);
    const isMerged = meta.strategy === "merge" || leaves;
    const merge = (element: JsonMap, one: JsonMap) => mergeMap(element, one, meta);
    const how = { meta, isDeletion: leaves, merge };
    original.set(name, isMerged ? mergeList(live, change, how).list : change);
  } else if (!leaves || isScalarOfType(live, change)) replaceBy(change, original, name);
}

/** Even an order to delete replaces one plain value by another. */
const isScalarOfType = (live: unknown, change: unknown): boolean =>
  live !== undefined && live !== null && goTypeOf(live) === goTypeOf(change);

function replaceBy(change: unknown, original: JsonMap, name: string): void {
  discardNulls(change);
  const content = withoutOrders(change);
  if (content === undefined) original.delete(name);
  else original.set(name, content);
}

/** A field of a patch, as the list that it must be where an order speaks of it. */
function listIn(map: JsonMap, name: string): List | undefined {
  const value = map.get(name);
  if (Array.isArray(value) || !map.has(name))
    return value === undefined ? undefined : [value].flat();
  throw wrongType([], value);
}

/** `$setElementOrder`: merges a list, and puts it in the order that the client wants. */
function mergeOrdered(
  key: string,
  { original, patch, place }: Merging & { readonly patch: JsonMap },
): void {
  const wanted = patch.get(key);
  patch.delete(key);
  if (!Array.isArray(wanted)) throw wrongType([], wanted);
  const name = fieldOf(key, SET_ELEMENT_ORDER);
  if (name === undefined) throw malformed("setElementOrder list");
  const live = listIn(original, name);
  const changes = listIn(patch, name);
  const meta = listMeta(place, name);
  const mergeKey = meta.mergeKey ?? "";
  if (changes) checkOrder(changes, wanted, mergeKey);
  if (!live && !changes) return;
  let merged: MergedList = { list: live ?? [], live: live ?? [] };
  if (changes && live && meta.strategy === "merge") {
    const merge = (element: JsonMap, one: JsonMap) => mergeMap(element, one, meta);
    merged = mergeList(live, changes, { meta, isDeletion: false, merge });
  } else if (changes)
    merged = { ...merged, list: live ? changes : [withoutOrders(changes)].flat() };
  elementType(live ?? [], changes ?? []);
  original.set(name, orderMerged(merged.list, { wanted, live: merged.live, mergeKey }));
  patch.delete(name);
}

/** The elements that a patch adds or changes must stand in its order list, in the same order. */
function checkOrder(patch: List, order: List, mergeKey: string): void {
  if (order.length === 0 || patch.length === 0) return;
  const changes = patch.filter((element) => {
    if (mergeKey !== "" && !isMap(element)) throw wrongType({}, element);
    return mergeKey === "" || !isDeletion(element);
  });
  let at = 0;
  for (const element of order) {
    while (at < changes.length && isOrder(changes[at])) at += 1;
    if (at === changes.length) return;
    if (nameOf(changes[at], mergeKey) === nameOf(element, mergeKey)) at += 1;
  }
  if (at < changes.length)
    throw contradictoryPatch(
      `The order in patch list:\n${goFormat(patch)}\n doesn't match ${SET_ELEMENT_ORDER} list:\n${goFormat(order)}\n`,
    );
}
