import { isOrder, PATCH } from "./directives.ts";
import { goFormat, goFormatText, goTypeOf } from "./go-format.ts";
import { isMap, type JsonMap } from "./json-map.ts";
import { elementType, type List, nameOf, orderMerged } from "./list-order.ts";
import { contradictoryPatch, missingMergeKey } from "./patch-errors.ts";
import { type FieldMeta, kindOfPlace } from "./patch-meta.ts";

export interface ListMerge {
  /** Of the elements. */
  readonly meta: FieldMeta;
  /** The values of the patch leave the list. */
  readonly isDeletion: boolean;
  /** Merges a change into the element of that name. */
  merge(element: JsonMap, change: JsonMap): JsonMap;
}

export const unknownDirective = (element: JsonMap) =>
  contradictoryPatch(
    `unknown patch type: ${goFormatText(element.get(PATCH))} in map: ${goFormat(element)}`,
  );

export interface MergedList {
  readonly list: List;
  /**
   * The live list as upstream has it when it is then put in order once more: new elements have
   * taken the places of deleted ones.
   */
  readonly live: List;
}

/** What a patch makes of a list whose strategy is to merge. */
export function mergeList(live: List, patch: List, how: ListMerge): MergedList {
  if (live.length === 0 && patch.length === 0) return { list: live, live };
  if (elementType(live, patch) === goTypeOf({}))
    return mergeMaps(live.filter(isMap), patch.filter(isMap), how);
  const mergeKey = how.meta.mergeKey ?? "";
  const gone = new Set(patch);
  const list = how.isDeletion
    ? live.filter((element) => !gone.has(element))
    : orderMerged([...new Set([...live, ...patch])], { wanted: patch, live, mergeKey });
  return { list, live };
}

function mergeMaps(
  original: readonly JsonMap[],
  patch: readonly JsonMap[],
  how: ListMerge,
): MergedList {
  const { mergeKey = "" } = how.meta;
  if (mergeKey === "")
    throw contradictoryPatch(`cannot merge lists without merge key for ${kindOfPlace(how.meta)}`);
  const { survivors, changes, isReplaced } = obeyElements(original, patch, mergeKey);
  if (isReplaced)
    return {
      list: orderMerged(changes, { wanted: [], live: changes, mergeKey }),
      live: survivors,
    };
  // the first of several elements with one name (a port on TCP and UDP) is the one that is changed
  const merged = [...survivors];
  const firstAt = new Map(survivors.map((each, at) => [each.get(mergeKey), at] as const).reverse());
  for (const change of changes) {
    const name = nameOf(change, mergeKey);
    const at = firstAt.get(name) ?? merged.length;
    const found = merged[at];
    firstAt.set(name, at);
    merged[at] = found ? how.merge(found, change) : change;
  }
  return {
    list: orderMerged(merged, { wanted: changes, live: survivors, mergeKey }),
    live: [...survivors, ...merged.slice(survivors.length)].slice(0, original.length),
  };
}

interface ObeyedElements {
  /** The elements of the live list that no `$patch: delete` names. */
  readonly survivors: readonly JsonMap[];
  /** `$patch: replace`: they have to go, too. */
  readonly isReplaced: boolean;
  readonly changes: readonly JsonMap[];
}

function obeyElements(
  original: readonly JsonMap[],
  patch: readonly JsonMap[],
  mergeKey: string,
): ObeyedElements {
  const deleted = new Set<unknown>();
  let isReplaced = false;
  for (const element of patch.filter(isOrder))
    switch (element.get(PATCH)) {
      case "delete":
        if (!element.has(mergeKey)) throw missingMergeKey(element, mergeKey);
        deleted.add(element.get(mergeKey));
        break;
      case "replace":
        isReplaced = true;
        break;
      case "merge":
        throw contradictoryPatch("merging lists cannot yet be specified in the patch");
      default:
        throw unknownDirective(element);
    }
  const isDeleted = (each: JsonMap) => each.has(mergeKey) && deleted.has(each.get(mergeKey));
  return {
    survivors: original.filter((each) => !isDeleted(each)),
    isReplaced,
    changes: patch.filter((element) => !isOrder(element)),
  };
}
