import type { NormalizedObject } from "../crd/custom-kind.ts";
import type { Field, ObjectType, Scalar, Type } from "../schema.ts";
import { DecodeError } from "./decode-error.ts";
import { goKind, goKindOf, goType, structName } from "./go-types.ts";
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

/** As many as Kubernetes reports. */
const MAX_UNKNOWN_FIELDS = 100;

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
  readonly unknownFields: string[] = [];
  readonly #path: (string | number)[] = [];
  /** For each step of the path the struct whose field it is; undefined for indexes and map keys. */
  readonly #owners: (ObjectType | undefined)[] = [];

  object(type: ObjectType, value: unknown): Record<string, unknown> {
    if (!isJsonObject(value)) return this.#mismatch(type, value);
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
    this.#enter(field.name, type);
    const value = this.#value(field.type, child);
    this.#leave();
    if (!isOmitted(field, value) || this.#isOrder(field)) result[field.name] = value;
  }

  /** No managed fields at all is an order of the client to forget them. */
  #isOrder({ name }: Field): boolean {
    return name === "managedFields" && this.#path.length === 1 && this.#path[0] === "metadata";
  }

  #value(type: Type, value: unknown): unknown {
    switch (type.is) {
      case "object":
        return this.object(type, value);
      case "list":
        return this.#list(type.of, Array.isArray(value) ? value : this.#mismatch(type, value));
      case "map":
        return this.#map(type.of, isJsonObject(value) ? value : this.#mismatch(type, value));
      case "scalar": {
        if (type.of !== undefined && typeof value === "object") return schemas(type.of, value);
        const read = readScalar(type.scalar, value);
        return read === MISMATCH ? this.#mismatch(type, value) : read;
      }
    }
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
    this.#enter(key, undefined);
    const read = this.#value(type, value);
    this.#leave();
    return read;
  }

  #zero(type: Type): unknown {
    if (type.is === "object") return this.object(type, {});
    return type.is === "scalar" ? zeroOf(type.scalar) : null;
  }

  #enter(step: string | number, owner: ObjectType | undefined): void {
    this.#path.push(step);
    this.#owners.push(owner);
  }

  #leave(): void {
    this.#path.pop();
    this.#owners.pop();
  }

  #reportUnknown(name: string): void {
    if (this.unknownFields.length >= MAX_UNKNOWN_FIELDS) return;
    const steps = [...this.#path, name].map((step) =>
      typeof step === "number" ? `[${step}]` : `.${step}`,
    );
    this.unknownFields.push(steps.join("").slice(1));
  }

  #mismatch(type: Type, value: unknown): never {
    const readAs = type.is === "scalar" ? READ_AS[type.scalar] : undefined;
    const wanted = readAs ?? goType(type);
    const isNumber = typeof value === "number" || typeof value === "bigint";
    const found = isNumber && /^int\d+$/.test(wanted) ? `number ${value}` : jsonType(value);
    const names = this.#path.filter((_, index) => this.#owners[index] !== undefined);
    const owner = this.#owners.findLast((each) => each !== undefined);
    const place = owner ? `struct field ${structName(owner)}.${names.join(".")} of` : "value of";
    throw new UnmarshalError(
      `json: cannot unmarshal ${found} into Go ${place} type ${wanted}`,
      readAs === undefined
        ? conversionFailure(type, value)
        : `json: cannot unmarshal ${found} into Go value of type ${readAs}`,
    );
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
function conversionFailure(type: Type, value: unknown): string {
  const [to, from] = [goKind(type), goKindOf(value)];
  if (to === "struct") return `cannot restore struct from: ${from}`;
  if (to === "slice" && from === "slice") return "unrecognized type: uint8";
  if (to === "slice" || to === "map") return `cannot restore ${to} from ${from}`;
  const isConvertible = isNumeric(from) && (isNumeric(to) || (from === "int64" && to === "string"));
  return isConvertible ? `cannot convert ${from} to ${to}` : `unrecognized type: ${to}`;
}

const isNumeric = (kind: string): boolean => /^(?:int|float)\d\d$/.test(kind);

/** A schema or several in the place of one; Go's decoder sees nothing unknown inside of them. */
function schemas(type: ObjectType, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => schemas(type, one));
  return isJsonObject(value) ? new Normalizer().object(type, value) : value;
}

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
    value: normalizer.object(type, value),
    unknownFields: normalizer.unknownFields,
  };
}
