const TYPE_NAMES = new Set([
  "bool",
  "bytes",
  "double",
  "int",
  "list",
  "map",
  "null_type",
  "string",
  "type",
  "uint",
  "optional_type",
]);

/** True for a name that means a type. */
export const isTypeName = (name: string): boolean => TYPE_NAMES.has(name);

/** True for types whose names have dots. */
export function isQualifiedType(name: string): boolean {
  return /^(?:google\.protobuf\.(?:Timestamp|Duration)|net\.(?:IP|CIDR)|kubernetes\.(?:Quantity|URL|Semver|NamedFormat))$/.test(
    name,
  );
}
