import { jsonText } from "#lib/json-text.ts";
import { isJsonObject, type JsonObject, jsonType } from "../codec/json-value.ts";
import type { Field, ObjectType, Type } from "../schema.ts";
import { badRequest } from "../status.ts";
import {
  contentOf,
  DELETE_FROM_LIST,
  fieldsOfPatch,
  isDirective,
  PATCH,
  RETAIN_KEYS,
  SET_ELEMENT_ORDER,
  withoutDirectives,
} from "./directives.ts";
import { goFormat } from "./go-format.ts";
import { type Identify, orderMerged } from "./list-order.ts";
import { unprocessablePatch } from "./patch-errors.ts";

type List = readonly unknown[];

/** What the schema says of a field; untyped data has none of it. */
type Meta = Partial<Pick<Field, "patchStrategy" | "patchMergeKey" | "type">>;

/**
 * Kubernetes' strategic merge patch: maps are merged, lists are merged by the key that the schema
 * names or else replaced, and directives say the rest. The inputs are not changed; the result may
 * share parts with both.
 *
 * @see https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 * @throws StatusError 400 for a malformed patch, 422 for a list of lists.
 */
export function applyStrategicMergePatch(
  type: ObjectType,
  original: JsonObject,
  patch: unknown,
): JsonObject {
  if (!isJsonObject(patch))
    throw badRequest(
      `json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`,
    );
  return mergeObject(original, patch, type);
}

function metaOf(type: Type | undefined, name: string): Meta {
  if (type?.is === "object") return type.fields.get(name) ?? {};
  return type?.is === "map" ? { type: type.of } : {};
}

const strategies = ({ patchStrategy = "" }: Meta): string[] => patchStrategy.split(",");

function mergeObject(original: JsonObject, patch: JsonObject, type?: Type): JsonObject {
  const directive = patch[PATCH];
  if (directive === "delete") return {};
  if (directive === "replace") return contentOf(patch);
  if (directive !== undefined && directive !== "merge") throw unknownDirective(directive, patch);

  const result = new Map(Object.entries(retainKeys(original, patch)));
  for (const name of fieldsOfPatch(patch)) {
    const meta = metaOf(type, name);
    const merged = mergeField(result.get(name), fieldPatch(patch, name), meta);
    if (merged === undefined) result.delete(name);
    else result.set(name, merged);
  }
  return Object.fromEntries(result);
}

const unknownDirective = (directive: unknown, patch: unknown) =>
  badRequest(`unknown patch type: ${goFormat(directive)} in map: ${goFormat(patch)}`);

/** What a patch says of one field. */
interface FieldPatch {
  /** undefined: nothing; null: delete it. */
  readonly value: unknown;
  readonly order: List | undefined;
  readonly deletions: List | undefined;
}

function fieldPatch(patch: JsonObject, name: string): FieldPatch {
  const list = (directive: string): List | undefined => {
    const value = patch[`${directive}${name}`];
    if (value === undefined || Array.isArray(value)) return value;
    throw badRequest(
      directive === SET_ELEMENT_ORDER
        ? "invalid patch format of setElementOrder list"
        : "invalid patch format of primitive list",
    );
  };
  return {
    value: patch[name],
    order: list(SET_ELEMENT_ORDER),
    deletions: list(DELETE_FROM_LIST),
  };
}

/** Drops what `$retainKeys` does not name; it must name all that the patch sets. */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const retained = patch[RETAIN_KEYS];
  if (retained === undefined) return original;
  const isMalformed =
    !Array.isArray(retained) ||
    Object.entries(patch).some(
      ([key, value]) => value !== null && !isDirective(key) && !retained.includes(key),
    );
  if (isMalformed) throw badRequest("invalid patch format of retainKeys");
  return Object.fromEntries(Object.entries(original).filter(([key]) => retained.includes(key)));
}

function mergeField(original: unknown, patch: FieldPatch, meta: Meta): unknown {
  let merged = mergeValue(original, patch.value, meta);
  if (patch.order && Array.isArray(merged))
    merged = applyOrder(merged, { original, patch, order: patch.order, meta });
  const { deletions } = patch;
  if (deletions && Array.isArray(merged)) {
    const gone = new Set(deletions.map(identity));
    merged = merged.filter((element) => !gone.has(identity(element)));
  }
  return merged;
}

function mergeValue(original: unknown, patch: unknown, meta: Meta): unknown {
  if (patch === undefined) return original;
  if (patch === null) return undefined;
  if (isJsonObject(patch) && isJsonObject(original))
    return strategies(meta).includes("replace") ? patch : mergeObject(original, patch, meta.type);
  if (Array.isArray(patch) && Array.isArray(original))
    return strategies(meta).includes("merge") ? mergeList(original, patch, meta) : patch;
  return withoutDirectives(patch);
}

const identity: Identify = (element) => jsonText(element);

/** Elements are known by their merge key, plain values by themselves. */
function identifyBy(mergeKey: string | undefined): Identify {
  if (mergeKey === undefined) return identity;
  return (element) => identity(isJsonObject(element) ? element[mergeKey] : element);
}

function mergeList(original: List, patch: List, meta: Meta): List {
  const elements = [...original, ...patch];
  if (elements.length === 0) return original;
  if (elements.some(Array.isArray))
    throw unprocessablePatch(new Error("lists of lists are not supported"));
  const maps = elements.filter(isJsonObject).length;
  if (maps > 0 && maps < elements.length)
    throw badRequest("invalid patch: the elements of a list must be of one type");
  if (maps > 0) return mergeMaps(original.filter(isJsonObject), patch.filter(isJsonObject), meta);

  const unique = new Map(elements.map((element) => [identity(element), element] as const));
  return orderMerged([...unique.values()], { wanted: patch, live: original }, identity);
}

function mergeMaps(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  meta: Meta,
): List {
  const { patchMergeKey: mergeKey, type } = meta;
  if (mergeKey === undefined) throw badRequest("cannot merge lists without merge key");
  const identify = identifyBy(mergeKey);
  const keyOf = (element: JsonObject): string => {
    if (element[mergeKey] !== undefined) return identify(element);
    const message = `map: ${goFormat(element)} does not contain declared merge key: ${mergeKey}`;
    throw badRequest(message);
  };

  const { live, changes } = applyElementDirectives(original, patch, keyOf);
  const elementType = type?.is === "list" ? type.of : undefined;
  // the first of several elements with one key (a port on TCP and UDP) is the one that is changed
  const merged = [...live];
  const firstAt = new Map(live.map((element, at) => [identify(element), at] as const).reverse());
  for (const change of changes) {
    const at = firstAt.get(keyOf(change)) ?? merged.length;
    const found = merged[at];
    firstAt.set(identify(change), at);
    merged[at] = found ? mergeObject(found, change, elementType) : contentOf(change);
  }
  return orderMerged(merged, { wanted: changes, live }, identify);
}

/** Takes `$patch: delete` and `$patch: replace` out of a list of changes. */
function applyElementDirectives(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  keyOf: (element: JsonObject) => string,
): { live: readonly JsonObject[]; changes: readonly JsonObject[] } {
  const changes = patch.filter((element) => element[PATCH] === undefined);
  const deleted = new Set<string>();
  for (const element of patch) {
    const directive = element[PATCH];
    if (directive === "delete") deleted.add(keyOf(element));
    else if (directive === "merge")
      throw badRequest("merging lists cannot yet be specified in the patch");
    else if (directive !== undefined && directive !== "replace")
      throw unknownDirective(directive, element);
  }
  if (patch.some((element) => element[PATCH] === "replace")) return { live: [], changes };
  if (deleted.size === 0) return { live: original, changes };
  return { live: original.filter((element) => !deleted.has(keyOf(element))), changes };
}

interface OrderedList {
  readonly original: unknown;
  readonly patch: FieldPatch;
  readonly order: List;
  readonly meta: Meta;
}

/** `$setElementOrder`: the list in the order that the client wants, of which its patch is a part. */
function applyOrder(merged: List, { original, patch, order, meta }: OrderedList): List {
  if (Array.isArray(original) && !strategies(meta).includes("merge")) return merged;
  const identify = identifyBy(meta.patchMergeKey);
  if (Array.isArray(patch.value)) checkOrder(patch.value, order, identify);
  const live = Array.isArray(original) ? original : [];
  return orderMerged(merged, { wanted: order, live }, identify);
}

/** The elements that a patch adds or changes must stand in its order list, in the same order. */
function checkOrder(patch: List, order: List, identify: Identify): void {
  const changes = patch.filter((element) => !isJsonObject(element) || element[PATCH] === undefined);
  let at = 0;
  for (const element of order)
    if (at < changes.length && identify(changes[at]) === identify(element)) at += 1;
  if (at < changes.length)
    throw badRequest(
      `The order in patch list:\n${goFormat(patch)}\n doesn't match $setElementOrder list:\n${goFormat(order)}\n`,
    );
}
