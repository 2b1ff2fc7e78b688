import { NAME } from "./columns/column.ts";
import type { KubeObject, ListMeta, ObjectMeta } from "./object.ts";
import type { Column, FieldText, Resource, RowCondition } from "./resource.ts";
import { SCHEMA } from "./schema.ts";

/** Versions of `meta.k8s.io` that clients ask for; kubectl before 1.16 knows only v1beta1. */
export type MetaVersion = "v1" | "v1beta1";

export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableOptions {
  readonly version: MetaVersion;
  readonly includeObject: IncludeObject;
  /** The wall clock, for ages. */
  readonly now: Date;
  /** `metadata` of the table: that of the list, or the resourceVersion of a single object. */
  readonly metadata?: ListMeta;
  /** False leaves the column definitions out, as in all events of a watch but the first. */
  readonly withColumns?: boolean;
}

export interface PartialObjectMetadata {
  readonly kind: "PartialObjectMetadata";
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
}

export interface TableRow {
  readonly cells: readonly (string | number | boolean | null)[];
  readonly conditions?: readonly RowCondition[];
  readonly object: KubeObject | PartialObjectMetadata | null;
}

export interface TableColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** `meta.k8s.io` Table: what `kubectl get` prints. */
export interface Table {
  readonly kind: "Table";
  readonly apiVersion: string;
  readonly metadata: ListMeta;
  readonly columnDefinitions: readonly TableColumnDefinition[] | null;
  readonly rows: readonly TableRow[];
}

/** All columns of a kind, Name among them: first, except where the kind puts it elsewhere. */
export function columnsOf<T extends KubeObject>({
  columns,
}: Pick<Resource<T>, "columns">): readonly Column<T>[] {
  return columns.some(({ name }) => name === NAME.name) ? columns : [NAME, ...columns];
}

const metaApiVersion = (version: MetaVersion) => `meta.k8s.io/${version}`;

/** The table of some objects of one kind: of a list, of a single object or of one watch event. */
export function tableOf<T extends KubeObject>(
  resource: Pick<Resource<T>, "columns" | "rowConditions">,
  objects: readonly T[],
  options: TableOptions,
): Table {
  const { version, includeObject, now, metadata, withColumns = true } = options;
  const rowOf = rowMaker(resource, now);
  const only = objects.length === 1 ? objects[0]?.metadata?.resourceVersion : undefined;
  return {
    kind: "Table",
    apiVersion: metaApiVersion(version),
    metadata: metadata ?? (only === undefined ? {} : { resourceVersion: only }),
    columnDefinitions: withColumns ? columnDefinitionsOf(resource) : null,
    rows: objects.map((object) => ({
      ...rowOf(object),
      object: included(object, { includeObject, version }),
    })),
  };
}

/** The columns of a kind, as a table describes them. */
export function columnDefinitionsOf<T extends KubeObject>(
  resource: Pick<Resource<T>, "columns">,
): readonly TableColumnDefinition[] {
  return columnsOf(resource).map(definitionOf);
}

/** Makes what a table says about each object of a kind, beside the object. */
export function rowMaker<T extends KubeObject>(
  resource: Pick<Resource<T>, "columns" | "rowConditions">,
  now: Date,
): (object: T) => Omit<TableRow, "object"> {
  const columns = columnsOf(resource);
  return (object) => {
    const cells = columns.map(({ cell }) => cell(object, now));
    const conditions = resource.rowConditions?.(object) ?? [];
    return conditions.length > 0 ? { cells, conditions } : { cells };
  };
}

function included(
  object: KubeObject,
  { includeObject, version }: Pick<TableOptions, "includeObject" | "version">,
): TableRow["object"] {
  if (includeObject === "None") return null;
  return includeObject === "Object" ? object : partialMetadata(object, version);
}

function definitionOf<T extends KubeObject>(column: Column<T>): TableColumnDefinition {
  const { name, type, format = "", description, priority } = column;
  return { name, type, format, description: descriptionOf(description), priority };
}

/** @throws TypeError for a field that build/schema.ts has not kept the text of yet. */
function descriptionOf(given: string | FieldText): string {
  if (typeof given === "string") return given;
  const { definition, field } = given;
  const text = SCHEMA.object(definition).fields.get(field)?.description;
  if (text === undefined)
    throw new TypeError(`No text for ${definition}.${field}: run build/schema.ts`);
  return text;
}

/** An object reduced to its metadata. */
export function partialMetadata(object: KubeObject, version: MetaVersion): PartialObjectMetadata {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: metaApiVersion(version),
    metadata: object.metadata ?? {},
  };
}
