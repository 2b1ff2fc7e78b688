import text from "./generated/schema.json" with { type: "text" };
import type { GroupVersionKind } from "./resource.ts";

/** A property in `generated/schema.json`. */
export interface Property {
  /** In Go's notation: `int32`, `[]string`, `map[string]quantity`, `io.k8s.api.core.v1.PodSpec`. */
  readonly type: string;
  /** Only of fields that columns of a table are described with; the others' are in the documents. */
  readonly description?: string;
  /** A pointer in Go: its zero value is not the same as its absence. */
  readonly pointer?: boolean;
  /** Go writes it even when it is zero (no omitempty). */
  readonly always?: boolean;
  /** A list that is null where it is empty: Kubernetes keeps it so, and Go does not leave it out. */
  readonly nil?: boolean;
  /** Such lists lie somewhere in what it holds. */
  readonly leadsToNil?: boolean;
  /** What Go calls it, where that is not its name with a capital letter: `FSType`. */
  readonly goName?: string;
  /** What Go calls its type, where that says more than its shape: `v1.PodPhase`. */
  readonly goType?: string;
  /** The struct, or structs with dots between them, in which Go declares the field: `VolumeSource`. */
  readonly embeddedIn?: string;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly default?: unknown;
}

/** A definition in `generated/schema.json`. */
export interface Definition {
  readonly required?: readonly string[];
  readonly kinds?: readonly GroupVersionKind[];
  readonly mapType?: string;
  /** In the order in which Go declares them. */
  readonly properties: Readonly<Record<string, Property>>;
}

const SCALARS = [
  "bool",
  "bytes",
  "double",
  "duration",
  "fields",
  "int32",
  "int64",
  "intOrString",
  "json",
  "microTime",
  "quantity",
  "raw",
  "schemaOrArray",
  "schemaOrBool",
  "schemaOrStrings",
  "string",
  "time",
] as const;

/**
 * `raw` is any JSON (runtime.RawExtension), `json` too (apiextensions JSON), `fields` a FieldsV1
 * object, `bytes` base64 in JSON, `schemaOr…` a JSONSchemaProps or something simpler.
 */
export type Scalar = (typeof SCALARS)[number];

export interface ScalarType {
  readonly is: "scalar";
  readonly scalar: Scalar;
  /** What an object in its place is. */
  readonly of?: ObjectType;
}

/** How the entries of a list or map that is no field's own value, but within one, are owned. */
type Relations = Partial<Pick<Property, "listType" | "listMapKeys" | "mapType">>;

export interface ListType extends Relations {
  readonly is: "list";
  readonly of: Type;
}

export interface MapType extends Relations {
  readonly is: "map";
  readonly of: Type;
}

/** A definition, its properties resolved to the types that they lead to. */
export interface ObjectType extends Omit<Definition, "properties"> {
  readonly is: "object";
  /** `io.k8s.api.core.v1.PodSpec` */
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
  /** What Go writes although nobody set it: structs by value, plain values and lists without omitempty. */
  readonly implied: readonly Field[];
  /** The lists that are null where they are empty, and what leads to such lists. */
  readonly nils: readonly Field[];
  /** Fields beside the declared ones may hold any JSON. */
  readonly open?: boolean;
}

export type Type = ScalarType | ListType | MapType | ObjectType;

export interface Field extends Omit<Property, "type"> {
  readonly name: string;
  readonly type: Type;
}

const isScalar = (name: string): name is Scalar => SCALARS.some((scalar) => scalar === name);

const JSON_SCHEMA_PROPS =
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

const IMPLIED_SCALARS: readonly Scalar[] = ["bool", "double", "int32", "int64", "string"];

function isImplied({ type, pointer, always }: Field): boolean {
  if (pointer) return false;
  if (type.is === "object") return true;
  if (always !== true) return false;
  return type.is === "list" || (type.is === "scalar" && IMPLIED_SCALARS.includes(type.scalar));
}

const kindKey = ({ group, version, kind }: GroupVersionKind): string =>
  `${group}/${version}/${kind}`;

/** The types of all kinds that are served, as a graph that is walked without look-ups. */
export class Schema {
  readonly #objects = new Map<string, ObjectType>();
  readonly #byKind = new Map<string, ObjectType>();

  constructor(definitions: Readonly<Record<string, Definition>>) {
    const parts = new Map<
      string,
      { fields: Map<string, Field>; implied: Field[]; nils: Field[] }
    >();
    for (const [name, { properties: _, ...definition }] of Object.entries(definitions)) {
      const part = { fields: new Map<string, Field>(), implied: [], nils: [] };
      const object: ObjectType = { is: "object", name, ...definition, ...part };
      parts.set(name, part);
      this.#objects.set(name, object);
      for (const kind of definition.kinds ?? []) this.#byKind.set(kindKey(kind), object);
    }
    for (const [definition, { fields, implied, nils }] of parts)
      for (const [name, property] of Object.entries(definitions[definition]?.properties ?? {})) {
        const field: Field = { ...property, name, type: this.#parseType(property.type) };
        fields.set(name, field);
        if (isImplied(field)) implied.push(field);
        if (field.nil || field.leadsToNil) nils.push(field);
      }
  }

  /** All definitions, in the order of their names. */
  get objects(): Iterable<ObjectType> {
    return this.#objects.values();
  }

  /** The type of a definition, if any served kind reaches it. */
  find(definition: string): ObjectType | undefined {
    return this.#objects.get(definition);
  }

  /** @throws TypeError when no served kind reaches the definition. */
  object(definition: string): ObjectType {
    const found = this.find(definition);
    if (!found) throw new TypeError(`No definition ${definition}: run build/schema.ts`);
    return found;
  }

  /** The type of a kind; those of `meta.k8s.io` are found under every group that has them. */
  ofKind(kind: GroupVersionKind): ObjectType | undefined {
    if (kind.group === "meta.k8s.io")
      return this.#objects.get(`io.k8s.apimachinery.pkg.apis.meta.${kind.version}.${kind.kind}`);
    return this.#byKind.get(kindKey(kind));
  }

  #parseType(type: string): Type {
    if (type.startsWith("[]")) return { is: "list", of: this.#parseType(type.slice(2)) };
    const map = "map[string]";
    if (type.startsWith(map)) return { is: "map", of: this.#parseType(type.slice(map.length)) };
    if (!isScalar(type)) return this.object(type);
    const isUnion = type.startsWith("schemaOr");
    return { is: "scalar", scalar: type, ...(isUnion && { of: this.object(JSON_SCHEMA_PROPS) }) };
  }
}

/** The schema of this release. */
export const SCHEMA: Schema = new Schema(JSON.parse(text));
