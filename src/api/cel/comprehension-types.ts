import type { Comprehension } from "./ast.ts";
import { BOOL, type CelType, DYN, INT, listOf, mapOf } from "./types.ts";

/**
 * The types of a comprehension's variables: elements; or keys; or indexes and elements; or keys and
 * values. Empty for what cannot be a range.
 */
export function rangeTypes(range: CelType, vars: number): readonly CelType[] {
  if (range.is === "dyn") return [DYN, DYN];
  if (range.is === "list") return vars === 1 ? [range.of, range.of] : [INT, range.of];
  if (range.is === "map") return [range.key, range.value];
  return [];
}

/** The type of what a comprehension makes, by the types of its body and of the elements of its range. */
export function comprehensionType(
  macro: Exclude<Comprehension["macro"], "optFlatMap" | "optMap">,
  { body, element }: { readonly body: CelType; readonly element: CelType },
): CelType {
  switch (macro) {
    case "filter":
    case "sortBy":
      return listOf(element);
    case "map":
    case "transformList":
      return listOf(body);
    case "transformMap":
      return mapOf(element, body);
    case "transformMapEntry":
      return body.is === "map" ? body : mapOf(DYN, DYN);
    case "all":
    case "exists":
    case "existsOne":
      return BOOL;
  }
}
