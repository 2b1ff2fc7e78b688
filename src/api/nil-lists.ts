import type { Resource } from "./resource.ts";
import { type ObjectType, SCHEMA, type Type } from "./schema.ts";

type Json = Record<string, unknown>;

const isStruct = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Described = Pick<Resource, "definition" | "custom">;

/**
 * Makes null of the empty lists of an object, in place, that Go writes even when they are nil: what
 * everybody reads back from Kubernetes, which keeps objects as protobuf, where empty is nil.
 */
export function nilEmptyLists({ definition, custom }: Described, object: object): void {
  const type = custom === undefined ? SCHEMA.find(definition) : undefined;
  if (type !== undefined) visit(type, object);
}

function visit(type: Type, value: unknown): void {
  switch (type.is) {
    case "list":
      if (Array.isArray(value)) for (const element of value) visit(type.of, element);
      return;
    case "map":
      if (isStruct(value)) for (const entry of Object.values(value)) visit(type.of, entry);
      return;
    case "object":
      if (isStruct(value)) visitFields(type, value);
      return;
    case "scalar":
  }
}

function visitFields({ nils }: ObjectType, value: Json): void {
  for (const { name, type, nil, leadsToNil } of nils) {
    const child = value[name] ?? [];
    if (nil && Array.isArray(child) && child.length === 0) value[name] = null;
    else if (leadsToNil) visit(type, child);
  }
}
