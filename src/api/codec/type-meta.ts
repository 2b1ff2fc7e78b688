import { DecodeError } from "./decode-error.ts";
import { isJsonObject, jsonType } from "./json-value.ts";

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** What a document says that it is, `""` where it does not. */
export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Go's decoder finds these two whatever the case of their letters. */
const NAMES = { apiversion: "apiVersion", kind: "kind" } as const;

const isName = (name: string): name is keyof typeof NAMES => Object.hasOwn(NAMES, name);

/**
 * Reads what every object has, before anything else of it is looked at.
 * @throws DecodeError
 */
export function typeMetaOf(document: unknown): TypeMeta {
  if (!isJsonObject(document)) throw noTypeMeta(document, `value of type ${TYPE_META}`);
  const found = { apiVersion: "", kind: "" };
  for (const [key, value] of Object.entries(document)) {
    const folded = key.toLowerCase();
    if (!isName(folded) || value === null) continue;
    const name = NAMES[folded];
    if (typeof value !== "string") throw noTypeMeta(value, `struct field .${name} of type string`);
    found[name] = value;
  }
  return found;
}

const noTypeMeta = (value: unknown, place: string): DecodeError =>
  new DecodeError(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go ${place}`,
  );
