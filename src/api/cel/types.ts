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
  | "format"
  | "int"
  | "ip"
  | "null"
  | "quantity"
  | "semver"
  | "string"
  | "timestamp"
  | "type"
  | "uint"
  | "url";

export type CelType =
  | { readonly is: CelScalarName }
  | { readonly is: "list"; readonly of: CelType }
  | { readonly is: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly is: "optional"; readonly of: CelType }
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
export const INT: CelType = { is: "int" };
export const STRING: CelType = { is: "string" };

export const listOf = (of: CelType): CelType => ({ is: "list", of });
export const mapOf = (key: CelType, value: CelType): CelType => ({ is: "map", key, value });
export const optionalOf = (of: CelType): CelType => ({ is: "optional", of });

const LONG_NAMES: Readonly<Partial<Record<CelType["is"], string>>> = {
  quantity: "kubernetes.Quantity",
  ip: "net.IP",
  cidr: "net.CIDR",
  url: "kubernetes.URL",
  semver: "kubernetes.Semver",
  format: "kubernetes.NamedFormat",
};

/** A type as error messages name it. */
export function typeName(type: CelType): string {
  if (type.is === "list") return `list(${typeName(type.of)})`;
  if (type.is === "map") return `map(${typeName(type.key)}, ${typeName(type.value)})`;
  if (type.is === "optional") return `optional_type(${typeName(type.of)})`;
  return "name" in type ? type.name : (LONG_NAMES[type.is] ?? type.is);
}

/** Reads `list<A>`, `map<string, dyn>`, `optional<int>`; capitals are placeholders. */
export function parseType(text: string): CelType {
  const [, outer = "", inner = ""] = /^(\w+)<(.*)>$/.exec(text.trim()) ?? [];
  if (outer === "list") return listOf(parseType(inner));
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
  "type",
  "uint",
  "url",
];

type Bindings = Map<string, CelType>;

/** True where a value of type `given` may stand for `wanted`; placeholders are bound on the way. */
export function isAssignable(wanted: CelType, given: CelType, bindings: Bindings): boolean {
  if (wanted.is === "parameter") {
    const bound = bindings.get(wanted.name);
    if (bound === undefined || bound.is === "dyn") {
      bindings.set(wanted.name, given);
      return true;
    }
    return isAssignable(bound, given, bindings);
  }
  if (wanted.is === "dyn" || given.is === "dyn") return true;
  if (wanted.is === "list" || wanted.is === "optional")
    return given.is === wanted.is && isAssignable(wanted.of, given.of, bindings);
  if (wanted.is === "map") return isMapAssignable(wanted, given, bindings);
  if (wanted.is === "object" && given.is === "null") return true;
  if (wanted.is === "object" || wanted.is === "opaque")
    return given.is === wanted.is && given.name === wanted.name;
  return wanted.is === given.is;
}

function isMapAssignable(
  wanted: Extract<CelType, { is: "map" }>,
  given: CelType,
  bindings: Bindings,
): boolean {
  if (given.is !== "map") return false;
  return (
    isAssignable(wanted.key, given.key, bindings) &&
    isAssignable(wanted.value, given.value, bindings)
  );
}

/** A type with its placeholders filled in; unbound ones are dyn. */
export function substitute(type: CelType, bindings: Bindings): CelType {
  if (type.is === "parameter") return bindings.get(type.name) ?? DYN;
  if (type.is === "list") return listOf(substitute(type.of, bindings));
  if (type.is === "optional") return optionalOf(substitute(type.of, bindings));
  if (type.is !== "map") return type;
  return mapOf(substitute(type.key, bindings), substitute(type.value, bindings));
}

/** One type for both, dyn where there is none. */
export function commonType(a: CelType, b: CelType): CelType {
  if (a.is === "dyn" || b.is === "dyn") return DYN;
  if (isAssignable(a, b, new Map())) return a;
  return isAssignable(b, a, new Map()) ? b : DYN;
}
