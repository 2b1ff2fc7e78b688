import { DecodeError } from "./decode-error.ts";
import { isJsonObject, jsonType } from "./json-value.ts";

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** What a document says that it is, `""` where it does not. */
export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Reads what every object has, before anything else of it is looked at.
 * @throws DecodeError
 */
export function typeMetaOf(document: unknown): TypeMeta {
  if (!isJsonObject(document)) throw noTypeMeta(document, `value of type ${TYPE_META}`);
  const textOf = (name: keyof TypeMeta): string => {
    const text = document[name] ?? "";
    if (typeof text === "string") return text;
    throw noTypeMeta(text, `struct field .${name} of type string`);
  };
  return { apiVersion: textOf("apiVersion"), kind: textOf("kind") };
}

const noTypeMeta = (value: unknown, place: string): DecodeError =>
  new DecodeError(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go ${place}`,
  );
