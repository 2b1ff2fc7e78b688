import type { ObjectType, Scalar, Type } from "../schema.ts";

const GO_SCALARS: Readonly<Record<Scalar, string>> = {
  bool: "bool",
  bytes: "[]uint8",
  double: "float64",
  duration: "v1.Duration",
  fields: "v1.FieldsV1",
  int32: "int32",
  int64: "int64",
  intOrString: "intstr.IntOrString",
  json: "v1.JSON",
  microTime: "v1.MicroTime",
  quantity: "resource.Quantity",
  raw: "runtime.RawExtension",
  schemaOrArray: "v1.JSONSchemaPropsOrArray",
  schemaOrBool: "v1.JSONSchemaPropsOrBool",
  schemaOrStrings: "v1.JSONSchemaPropsOrStringArray",
  string: "string",
  time: "v1.Time",
};

const KINDS: Readonly<Partial<Record<Scalar, string>>> = {
  bool: "bool",
  bytes: "slice",
  double: "float64",
  duration: "int64",
  int32: "int32",
  int64: "int64",
  string: "string",
};

/** `PodSpec`: the name of the Go struct behind a definition. */
export function structName({ name }: ObjectType): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** `[]v1.Container`: a type as Go prints it in error messages. */
export function goType(type: Type): string {
  switch (type.is) {
    case "scalar":
      return GO_SCALARS[type.scalar];
    case "list":
      return `[]${goType(type.of)}`;
    case "map":
      return `map[string]${goType(type.of)}`;
    case "object":
      return type.name.split(".").slice(-2).join(".");
  }
}

/** `slice`, `int32`: what Go's reflection calls the shape of a type. */
export function goKind(type: Type): string {
  if (type.is === "scalar") return KINDS[type.scalar] ?? "struct";
  return { list: "slice", map: "map", object: "struct" }[type.is];
}

/** The same of a JSON value that is decoded where nothing says what it is. */
export function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number")
    return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? "int64" : "float64";
  return typeof value === "string" ? "string" : "map";
}
