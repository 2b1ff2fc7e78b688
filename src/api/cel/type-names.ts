import { type CelType, DYN, listOf, mapOf } from "./types.ts";

const NAMED: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ...(["bool", "bytes", "double", "int", "string", "uint"] as const).map(
    (is) => [is, { is }] as const,
  ),
  ["list", listOf(DYN)],
  ["map", mapOf(DYN, DYN)],
  ["null_type", { is: "null" }],
  ["type", { is: "type" }],
  ["optional_type", { is: "opaque", name: "optional_type" }],
  ["duration", { is: "duration" }],
  ["timestamp", { is: "timestamp" }],
  ["google.protobuf.Duration", { is: "duration" }],
  ["google.protobuf.Timestamp", { is: "timestamp" }],
  ["net.CIDR", { is: "cidr" }],
  ["net.IP", { is: "ip" }],
]);

/** The type that a name means. */
export const namedType = (name: string): CelType | undefined => NAMED.get(name);

/** True for a name that means a type. */
export const isTypeName = (name: string): boolean => NAMED.has(name);

/** What the value of a type is called, whichever of its names was written. */
export function valueName(name: string): string {
  return name === "duration" || name === "timestamp"
    ? `google.protobuf.${name.charAt(0).toUpperCase()}${name.slice(1)}`
    : name;
}
