import type { Item } from "#api/item.ts";
import type { ListMeta } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { columnDefinitionsOf, type IncludeObject, type MetaVersion, rowMaker } from "#api/table.ts";
import { jsonText } from "#lib/json-text.ts";

/** What every form of a list begins with. */
interface ListHead {
  readonly metadata: ListMeta;
  readonly items: readonly Item[];
}

const encoder = new TextEncoder();
const COMMA = encoder.encode(",");
const OPENED = encoder.encode("{");
const NEXT_OPENED = encoder.encode(",{");
const ROW_END = encoder.encode("}}");
const END = encoder.encode("]}\n");

/**
 * A list of whole objects, put together from what is encoded already. As in Kubernetes, the list alone
 * says of which kind its items are, but where that is a custom one.
 */
export function* objectListParts(
  resource: Resource,
  { metadata, items }: ListHead,
): Generator<Uint8Array> {
  const type = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
  yield opened({ ...type, metadata }, "items");
  if (resource.custom === undefined) yield* untypedItems(resource, items);
  else yield* wholeItems(items);
  yield END;
}

function* wholeItems(items: readonly Item[]): Generator<Uint8Array> {
  for (const [index, { json }] of items.entries()) {
    if (index > 0) yield COMMA;
    yield json;
  }
}

function* untypedItems(resource: Resource, items: readonly Item[]): Generator<Uint8Array> {
  const { kind } = resource;
  const type = encoder.encode(opening({ apiVersion: apiVersionOf(resource), kind }));
  for (const [index, item] of items.entries()) {
    yield index > 0 ? NEXT_OPENED : OPENED;
    yield startsWith(item.json, type) ? item.json.subarray(type.length) : untypedJson(item);
  }
}

/** What follows the brace of an item whose encoding does not begin with its type. */
function untypedJson({ value: { apiVersion: _version, kind: _kind, ...rest } }: Item): Uint8Array {
  return encoder.encode(jsonText(rest).slice(1));
}

/** A loop: `every` takes eight times as long, for each item of each list. */
function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let at = 0; at < start.length; at++) {
    if (bytes[at] !== start[at]) return false;
  }
  return true;
}

/** A PartialObjectMetadataList. */
export function* metadataListParts(
  { metadata, items }: ListHead,
  version: MetaVersion,
): Generator<Uint8Array> {
  const apiVersion = `meta.k8s.io/${version}`;
  yield opened({ kind: "PartialObjectMetadataList", apiVersion, metadata }, "items");
  const start = partialStart(version);
  const first = encoder.encode(start);
  const later = encoder.encode(`},${start}`);
  for (const [index, { metadataJson }] of items.entries()) {
    yield index === 0 ? first : later;
    yield metadataJson;
  }
  yield encoder.encode(items.length === 0 ? "]}\n" : "}]}\n");
}

export interface TableForm {
  readonly version: MetaVersion;
  readonly includeObject: IncludeObject;
  /** The wall clock, for ages. */
  readonly now: Date;
}

/** A Table with a row for every object. */
export function* tableParts(
  resource: Pick<Resource, "columns" | "rowConditions" | "compareRows">,
  { metadata, items }: ListHead,
  { version, includeObject, now }: TableForm,
): Generator<Uint8Array> {
  const columnDefinitions = columnDefinitionsOf(resource);
  const type = { kind: "Table", apiVersion: `meta.k8s.io/${version}` };
  yield opened({ ...type, metadata, columnDefinitions }, "rows");
  const partial = `,"object":${partialStart(version)}`;
  const after = { None: ',"object":null}', Metadata: partial, Object: ',"object":' };
  const rowOf = rowMaker(resource, now);
  for (const [index, item] of rowsInOrder(resource, items).entries()) {
    const row = jsonText(rowOf(item.value)).slice(0, -1);
    yield encoder.encode(`${index > 0 ? "," : ""}${row}${after[includeObject]}`);
    if (includeObject === "Metadata") {
      yield item.metadataJson;
      yield ROW_END;
    } else if (includeObject === "Object") {
      yield item.json;
      yield ROW_END.subarray(1);
    }
  }
  yield END;
}

function rowsInOrder(resource: Pick<Resource, "compareRows">, items: readonly Item[]) {
  if (!resource.compareRows) return items;
  return items.toSorted((a, b) => resource.compareRows?.(a.value, b.value) ?? 0);
}

const partialStart = (version: MetaVersion): string =>
  `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`;

/** The fields of a list up to the bracket that opens its last one. */
function opened(fields: object, last: string): Uint8Array {
  return encoder.encode(`${opening(fields)}"${last}":[`);
}

/** Fields that others follow. */
function opening(fields: object): string {
  return `${jsonText(fields).slice(0, -1)},`;
}
