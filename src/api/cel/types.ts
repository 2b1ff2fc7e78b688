/** A field of an object type: its wire name, and its type. */
export interface CelField {
  readonly name: string;
  readonly type: CelType;
}

export type CelScalarName =
  | "bool"
  | "bytes"
  | "cidr"
  | "double"
  | "duration"
  | "dyn"
  /** Of what is wrong. */
  | "error"
  | "format"
  | "int"
  | "ip"
  | "null"
  | "quantity"
  | "semver"
  | "string"
  | "timestamp"
  | "uint"
  | "url";

export type CelType =
  | { readonly is: CelScalarName }
  | { readonly is: "list"; readonly of: CelType }
  | { readonly is: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly is: "optional"; readonly of: CelType }
  /** The type of a type: of which, where that is known. */
  | { readonly is: "type"; readonly of?: CelType }
  /** A placeholder in a function's signature. */
  | { readonly is: "parameter"; readonly name: string }
  | {
      readonly is: "object";
      readonly name: string;
      /** By the name that expressions use. */
      readonly fields: ReadonlyMap<string, CelField>;
    }
  /** Something that the caller of the compiler brings, with methods of its own: the authorizer. */
  | { readonly is: "opaque"; readonly name: string };

export const DYN: CelType = { is: "dyn" };
export const BOOL: CelType = { is: "bool" };
export const NULL: CelType = { is: "null" };
export const INT: CelType = { is: "int" };
export const STRING: CelType = { is: "string" };

export const listOf = (of: CelType): CelType => ({ is: "list", of });
export const mapOf = (key: CelType, value: CelType): CelType => ({ is: "map", key, value });
export const optionalOf = (of: CelType): CelType => ({ is: "optional", of });

const LONG_NAMES: Readonly<Partial<Record<CelType["is"], string>>> = {
  error: "!error!",
  quantity: "kubernetes.Quantity",
  ip: "net.IP",
  cidr: "net.CIDR",
  url: "kubernetes.URL",
  semver: "kubernetes.Semver",
  format: "kubernetes.NamedFormat",
};

const COMPOUNDS: typeof LONG_NAMES = { optional: "optional_type" };

/** As Go's `types.Type` calls itself. */
const DECLARED_NAMES: typeof LONG_NAMES = {
  ...LONG_NAMES,
  duration: "google.protobuf.Duration",
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
};

/** A type as it is declared: other than `typeName` for times and null. */
export const declaredName = (type: CelType): string => named(type, DECLARED_NAMES);

/** The same without the types that it is made of. */
export const outerName = (type: CelType): string => declaredName(type).replace(/\(.*$/, "");

/** A type as error messages name it. */
export const typeName = (type: CelType): string => named(type, LONG_NAMES);

function named(type: CelType, names: typeof LONG_NAMES): string {
  const parts = partsOfType(type).map((part) => named(part, names));
  if (parts.length > 0) return `${COMPOUNDS[type.is] ?? type.is}(${parts.join(", ")})`;
  return "name" in type ? type.name : (names[type.is] ?? type.is);
}

/** Reads `list<A>`, `map<string, dyn>`, `optional<int>`; capitals are placeholders. */
export function parseType(text: string): CelType {
  const [, outer = "", inner = ""] = /^(\w+)<(.*)>$/.exec(text.trim()) ?? [];
  if (outer === "list") return listOf(parseType(inner));
  if (outer === "type") return { is: "type", of: parseType(inner) };
  if (outer === "optional") return optionalOf(parseType(inner));
  if (outer === "map") {
    const [key = "", ...value] = inner.split(",");
    return mapOf(parseType(key), parseType(value.join(",")));
  }
  const name = text.trim();
  if (/^[A-Z]$/.test(name)) return { is: "parameter", name };
  const scalar = SCALARS.find((one) => one === name);
  return scalar === undefined ? { is: "opaque", name } : { is: scalar };
}

const SCALARS: readonly CelScalarName[] = [
  "bool",
  "bytes",
  "cidr",
  "double",
  "duration",
  "dyn",
  "format",
  "int",
  "ip",
  "null",
  "quantity",
  "semver",
  "string",
  "timestamp",
  "uint",
  "url",
];

/** The types that a type is made of: of elements, of keys and values. */
export function partsOfType(type: CelType): readonly CelType[] {
  if (type.is === "list" || type.is === "optional") return [type.of];
  if (type.is === "map") return [type.key, type.value];
  return type.is === "type" && type.of ? [type.of] : [];
}

/** The same type made of other types. */
export function withParts(type: CelType, change: (part: CelType) => CelType): CelType {
  if (type.is === "map") {
    const [key, value] = [change(type.key), change(type.value)];
    return key === type.key && value === type.value ? type : mapOf(key, value);
  }
  if (type.is !== "list" && type.is !== "optional" && type.is !== "type") return type;
  const of = type.of && change(type.of);
  return of === undefined || of === type.of ? type : { is: type.is, of };
}

/** True for two names of one type. */
export function isSame(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  if (a.is !== b.is) return false;
  if ("name" in a && "name" in b && a.name !== b.name) return false;
  const [parts, others] = [partsOfType(a), partsOfType(b)];
  return (
    parts.length === others.length &&
    parts.every((part, index) => isSame(part, others[index] ?? part))
  );
}
