import { goKind, structName } from "../codec/go-types.ts";
import type { Type } from "../schema.ts";
import { contradictoryPatch } from "./patch-errors.ts";

/** A type and how Go holds it, which shows in errors. */
export interface Place {
  readonly type: Type;
  readonly pointer?: boolean;
}

/** What the schema says of the field of a patch. */
export interface FieldMeta extends Place {
  readonly strategy: "merge" | "replace" | undefined;
  readonly mergeKey: string | undefined;
}

/** `struct`, `ptr`, `map`: what Go's reflection calls it. */
export const kindOfPlace = ({ type, pointer }: Place): string => (pointer ? "ptr" : goKind(type));

const STRUCT_NAMES: Readonly<Record<string, string>> = {
  fields: "FieldsV1",
  intOrString: "IntOrString",
  json: "JSON",
  microTime: "MicroTime",
  quantity: "Quantity",
  raw: "RawExtension",
  time: "Time",
};

/**
 * The field of a struct that a patch wants to merge.
 *
 * @throws StatusError 500 for what is no struct or has no such field.
 */
export function fieldMeta({ type }: Place, name: string): FieldMeta {
  const kind = goKind(type);
  if (kind !== "struct")
    throw contradictoryPatch(
      `merging an object in json but data type is not struct, instead is: ${kind}`,
    );
  const field = type.is === "object" ? type.fields.get(name) : undefined;
  if (field === undefined) {
    const struct =
      type.is === "object"
        ? structName(type)
        : ((type.is === "scalar" && STRUCT_NAMES[type.scalar]) ?? "");
    throw contradictoryPatch(
      `unable to find api field in struct ${struct} for the json field ${JSON.stringify(name)}`,
    );
  }
  const { patchStrategy = "", patchMergeKey, pointer = false } = field;
  const strategy = (["merge", "replace"] as const).find((one) =>
    patchStrategy.split(",").includes(one),
  );
  return { type: field.type, pointer, strategy, mergeKey: patchMergeKey };
}

/**
 * The same for a list: the place is that of its elements.
 *
 * @throws StatusError 500
 */
export function listMeta(place: Place, name: string): FieldMeta {
  const meta = fieldMeta(place, name);
  const { type, pointer } = meta;
  if (type.is === "list") return { ...meta, type: type.of, pointer: false };
  const isBytes = type.is === "scalar" && type.scalar === "bytes";
  if (pointer || isBytes) return { ...meta, pointer: false };
  throw contradictoryPatch(`expected slice or array type, but got: ${kindOfPlace(place)}`);
}
