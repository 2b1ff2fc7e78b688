import { typeOfResource, UNDESCRIBED } from "#api/apply/custom-type.ts";
import type { CustomKind } from "#api/crd/custom-kind.ts";
import type { Resource } from "#api/resource.ts";
import { type ObjectType, SCHEMA } from "#api/schema.ts";

/** The types of all kinds; those of custom ones are made of their schemas once. */
export class ObjectTypes {
  readonly #custom = new WeakMap<CustomKind, ObjectType>();

  of(row: Resource): ObjectType {
    const { custom } = row;
    if (custom === undefined) return SCHEMA.ofKind(row) ?? UNDESCRIBED;
    const known = this.#custom.get(custom) ?? typeOfResource(custom.schema);
    this.#custom.set(custom, known);
    return known;
  }
}
