import type { NormalizedObject } from "../crd/custom-kind.ts";
import type { Field, ObjectType, Scalar, ScalarType, Type } from "../schema.ts";
import { DecodeError } from "./decode-error.ts";
import { DecodePlace } from "./decode-place.ts";
import { goKind, goKindOf, goType } from "./go-types.ts";
import { isJsonObject, type JsonObject, jsonType } from "./json-value.ts";
import { MISMATCH, readScalar, zeroOf } from "./scalars.ts";

/** A value that does not fit the Go type of its field. */
export class UnmarshalError extends DecodeError {
  override readonly name = "UnmarshalError";
  /** The same in the words of Go's unstructured converter, which reads strategic merge patches. */
  readonly converterMessage: string;

  constructor(message: string, converterMessage: string) {
    super(message);
    this.converterMessage = converterMessage;
  }
}

function isZero(value: unknown): boolean {
  if (value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

/** Go leaves it out of its JSON. */
function isOmitted({ type, pointer, always }: Field, value: unknown): boolean {
  if (value === undefined) return true;
  if (pointer || type.is === "object") return false;
  return isZero(value) && always !== true;
}

class Normalizer {
  readonly place: DecodePlace = new DecodePlace();
  /** How many values deep it is in what reads itself: nobody looks for unknown fields in there. */
  #ownReaders = 0;
  #mismatch: UnmarshalError | undefined;

  /** Reads a whole document. As Go does, it goes on behind a value of another type, and tells of the first. */
  document(type: ObjectType, value: unknown): JsonObject {
    const read = this.#object(type, value);
    this.#throwMismatch();
    return isJsonObject(read) ? read : {};
  }

  #object(type: ObjectType, value: unknown): unknown {
    if (!isJsonObject(value)) return this.#report(type, value);
    const result: Record<string, unknown> = {};
    for (const [name, child] of Object.entries(value)) {
      const field = type.fields.get(name);
      if (field === undefined) this.#reportUnknown(name);
      else if (child !== null && child !== undefined) this.#field(result, { type, field, child });
    }
    for (const { name, type: implied } of type.implied)
      if (!Object.hasOwn(result, name))
        result[name] = implied.is === "list" ? [] : this.#zero(implied);
    return result;
  }

  #field(
    result: Record<string, unknown>,
    { type, field, child }: { type: ObjectType; field: Field; child: unknown },
  ): void {
    this.place.enterField(type, field);
    const value = this.#value(field.type, child);
    // No managed fields at all is an order of the client to forget them.
    if (!isOmitted(field, value) || this.place.isAt("metadata", "managedFields"))
      result[field.name] = value;
    this.place.leave();
  }

  #value(type: Type, value: unknown): unknown {
    switch (type.is) {
      case "object":
        return this.#object(type, value);
      case "list":
        return Array.isArray(value) ? this.#list(type.of, value) : this.#report(type, value);
      case "map":
        return isJsonObject(value) ? this.#map(type.of, value) : this.#report(type, value);
      case "scalar":
        return this.#scalar(type, value);
    }
  }

  #scalar(type: ScalarType, value: unknown): unknown {
    if (type.of !== undefined) return this.#schemas(type.scalar, { type: type.of, value });
    if (type.scalar === "bytes" && Array.isArray(value)) return this.#bytes(value);
    const read = readScalar(type.scalar, value);
    return read === MISMATCH ? this.#report(type, value) : read;
  }

  #bytes(elements: readonly unknown[]): string {
    const bytes = elements.map((element) => {
      const isByte = Number.isInteger(element) && Number(element) >= 0 && Number(element) < 256;
      if (!isByte && element !== null) this.#report("uint8", element);
      return isByte ? Number(element) : 0;
    });
    return Buffer.from(bytes).toString("base64");
  }

  /** A schema, or what may stand in its place: it reads itself. */
  #schemas(scalar: Scalar, { type, value }: { type: ObjectType; value: unknown }): unknown {
    if (isJsonObject(value)) return this.#byItself(() => this.#object(type, value));
    if (scalar === "schemaOrBool") {
      if (typeof value === "boolean") return value;
      throw new DecodeError("boolean or JSON schema expected");
    }
    if (!Array.isArray(value)) return undefined;
    const element: Type = scalar === "schemaOrArray" ? type : { is: "scalar", scalar: "string" };
    return this.#byItself(() => value.map((one: unknown) => this.#value(element, one)));
  }

  /** What reads itself ends all when it fails. */
  #byItself<T>(read: () => T): T {
    const before = this.#mismatch;
    this.#mismatch = undefined;
    this.#ownReaders += 1;
    const value = read();
    this.#throwMismatch();
    this.#ownReaders -= 1;
    this.#mismatch = before;
    return value;
  }

  #list(type: Type, elements: readonly unknown[]): unknown[] {
    return elements.map((element, index) => this.#entry(type, element, index));
  }

  #map(type: Type, entries: JsonObject): Record<string, unknown> {
    const read = Object.entries(entries).map(
      ([key, value]) => [key, this.#entry(type, value, key)] as const,
    );
    return Object.fromEntries(read);
  }

  #entry(type: Type, value: unknown, key: string | number): unknown {
    if (value === null || value === undefined) return this.#zero(type);
    this.place.enterElement(key);
    const read = this.#value(type, value);
    this.place.leave();
    return read;
  }

  #zero(type: Type): unknown {
    if (type.is === "object") return this.#object(type, {});
    return type.is === "scalar" ? zeroOf(type.scalar) : null;
  }

  #reportUnknown(name: string): void {
    if (this.#ownReaders === 0) this.place.reportUnknown(name);
  }

  #throwMismatch(): void {
    if (this.#mismatch !== undefined) throw this.#mismatch;
  }

  /** Notes a value of another type; what reads itself from a plain value ends all. */
  #report(type: Type | "uint8", value: unknown): undefined {
    const readAs =
      typeof type !== "string" && type.is === "scalar" ? READ_AS[type.scalar] : undefined;
    const named = typeof type === "string" ? type : (this.place.goType ?? goType(type));
    const wanted = readAs ?? named;
    const isNumber = typeof value === "number" || typeof value === "bigint";
    const found = isNumber && /^u?int\d+$/.test(wanted) ? `number ${value}` : jsonType(value);
    const mismatch = new UnmarshalError(
      `json: cannot unmarshal ${found} into Go ${this.place} type ${wanted}`,
      readAs === undefined
        ? conversionFailure(type, value)
        : `json: cannot unmarshal ${found} into Go value of type ${readAs}`,
    );
    if (readAs !== undefined) throw mismatch;
    this.#mismatch ??= mismatch;
  }
}

/** What structs that read themselves from plain values read: Go's errors name that. */
const READ_AS: Readonly<Partial<Record<Scalar, string>>> = {
  duration: "string",
  intOrString: "int32",
  microTime: "string",
  time: "string",
};

/** What the converter says of a value that is of another kind than its place. */
function conversionFailure(type: Type | "uint8", value: unknown): string {
  const [to, from] = [typeof type === "string" ? type : goKind(type), goKindOf(value)];
  if (to === "struct") return `cannot restore struct from: ${from}`;
  if (to === "slice" && from === "slice") return "unrecognized type: uint8";
  if (to === "slice" || to === "map") return `cannot restore ${to} from ${from}`;
  const isConvertible = isNumeric(from) && (isNumeric(to) || (from === "int64" && to === "string"));
  return isConvertible ? `cannot convert ${from} to ${to}` : `unrecognized type: ${to}`;
}

const isNumeric = (kind: string): boolean => /^(?:int|float)\d\d$/.test(kind);

/**
 * Checks a JSON value against its type and brings it into the form that Go would write it back in:
 * unknown fields, nulls and zero values that Go omits are gone, structs that Go holds by value are
 * there, and lists that it never omits (where Go writes null for none, an empty one). Two spellings of one object become one. The result shares nothing with `value`. Of the
 * unknown fields at most 100 are named.
 *
 * @throws DecodeError
 */
export function normalize(type: ObjectType, value: unknown): NormalizedObject {
  const normalizer = new Normalizer();
  return {
    value: normalizer.document(type, value),
    unknownFields: normalizer.place.unknownFields,
  };
}
