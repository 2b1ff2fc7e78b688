import text from "../data/kubernetes-protobuf.json" with { type: "text" };

/** A field of a message; `data/README.md` explains the flags. */
export type ProtobufField = readonly [
  number: number,
  name: string,
  type: string,
  flags: string,
  keyType?: string,
];

/** Every message by its full name. */
export const PROTOBUF_MESSAGES: Readonly<Record<string, readonly ProtobufField[]>> =
  JSON.parse(text);

/** Inlined in JSON without being an embedded field in Go. */
const ALSO_INLINED = "k8s.io.api.core.v1.EphemeralContainer.ephemeralContainerCommon";

/** The message behind an OpenAPI definition. */
export function messageOf(definition: string): string {
  return definition.replace(/^io\.k8s\./, "k8s.io.").replaceAll("-", "_");
}

/** True where the fields of a message-typed field belong to its parent in JSON. */
export function isInlined(message: string, [, name, , flags]: ProtobufField): boolean {
  return flags.includes("i") || `${message}.${name}` === ALSO_INLINED;
}

/** The one field of a message that is the array itself in JSON: Go's named string lists (`ExtraValue`). */
export function wrappedList(message: string): ProtobufField | undefined {
  const [only, ...others] = PROTOBUF_MESSAGES[message] ?? [];
  const wraps = only?.[1] === "items" && only[2] === "string" && others.length === 0;
  return wraps ? only : undefined;
}
