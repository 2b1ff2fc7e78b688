import type { ObjectType } from "../schema.ts";
import { below, type FieldSet, hasField, isEmpty } from "./field-set.ts";
import { fieldElement } from "./path-element.ts";
import { elementOf, type Place, placeOf, placeOfElements, structureOf } from "./place.ts";

/** The object without the given fields; what is emptied by it is null. Shares parts with it. */
export function removeFields(type: ObjectType, object: unknown, fields: FieldSet): unknown {
  return isEmpty(fields) ? object : remove({ type }, object, fields);
}

function remove(place: Place, value: unknown, fields: FieldSet): unknown {
  if (typeof value !== "object" || value === null) return value;
  switch (structureOf(place, value)) {
    case "leaf":
      return null;
    case "map": {
      const left = Object.entries(value).flatMap(([name, child]: [string, unknown]) =>
        kept({ element: fieldElement(name), place: placeOf(place, name), child }, fields).map(
          (one) => [name, one] as const,
        ),
      );
      return left.length > 0 ? Object.fromEntries(left) : null;
    }
    case "list": {
      const elements = placeOfElements(place);
      const left = Object.values(value).flatMap((child: unknown) =>
        kept({ element: elementOf(place, child), place: elements, child }, fields),
      );
      return left.length > 0 ? left : null;
    }
  }
}

/** One entry as far as it is left: nothing where it goes itself. */
function kept(
  { element, place, child }: { element: string; place: Place; child: unknown },
  fields: FieldSet,
): unknown[] {
  if (hasField(fields, [element])) return [];
  const inside = below(fields, element);
  return [isEmpty(inside) ? child : remove(place, child, inside)];
}
