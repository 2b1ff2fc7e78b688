import { stringify } from "yaml";
import { encodeProtobuf, messageOfKind } from "#api/codec/encode-protobuf.ts";
import { parseStored } from "#api/codec/json.ts";
import { isJsonObject } from "#api/codec/json-value.ts";
import { internalPackage } from "#api/codec/kinds.ts";
import { SCALE_COLUMNS } from "#api/columns/workload.ts";
import type { Item } from "#api/item.ts";
import type { ListMeta } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { hasReason, type Status } from "#api/status.ts";
import { partialMetadata, tableOf } from "#api/table.ts";
import type { ListResult } from "#api/verbs.ts";
import { jsonText } from "#lib/json-text.ts";
import type { Call } from "./call.ts";
import { metadataListParts, objectListParts, tableParts } from "./list-parts.ts";
import { checkProduced, type Format, negotiate, notAcceptable } from "./negotiate.ts";
import { gzipStreamOf, piecesOf, streamOf } from "./pieces.ts";
import { includeObject } from "./query.ts";

/** apiserver's `defaultGzipThresholdBytes`. */
const GZIP_FROM_BYTES = 128 * 1024;
const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";
const encoder = new TextEncoder();

/** One object, as the client wants to see it. */
export function respondItem(call: Call, item: Item, status = 200): Response {
  call.audit?.answered(() => item.value);
  const format = formatOf(call);
  if (format.as === "PartialObjectMetadataList") {
    throw notAcceptable(
      `you requested PartialObjectMetadataList, but the requested object is not a list (${goTypeOf(call.path.resource)})`,
    );
  }
  if (format.as === undefined && format.media === "json" && !isPretty(call.request)) {
    return respondBytes(call.request, item.json, { status });
  }
  return respondValue(call.request, shownAs(call, { item, format }), {
    status,
    media: format.media,
  });
}

/** A list, as the client wants to see it. Nothing is encoded that is encoded already. */
export function respondList(call: Call, result: ListResult): Response {
  const format = formatOf(call);
  if (format.as === "PartialObjectMetadata") {
    throw notAcceptable(
      `you requested PartialObjectMetadata, but the requested object is a list (${goTypeOf(call.path.resource)}List)`,
    );
  }
  call.audit?.answered(() => {
    const { version } = format;
    const whole = Buffer.concat([
      ...listParts(call, { result, format: { media: "json", version } }),
    ]);
    return parseStored(whole.toString());
  });
  const parts = listParts(call, { result, format });
  const isPlain = format.media === "json" && !isPretty(call.request);
  if (isPlain) return respondParts(call.request, parts);
  const value: unknown = parseStored(Buffer.concat([...parts]).toString());
  return respondValue(call.request, value, { media: format.media });
}

/** What upstream keeps an object of that kind in. */
const goTypeOf = (resource: Resource): string =>
  resource.custom
    ? "*unstructured.Unstructured"
    : `*${internalPackage(resource.group)}.${resource.kind}`;

function listParts(
  { path: { resource }, query, clock }: Call,
  { result, format: { as, version } }: { result: ListResult; format: Format },
): Iterable<Uint8Array> {
  const { items, resourceVersion, continue: next, remainingItemCount } = result;
  // Lists of custom kinds say of the last page that it is.
  const isLast = next === undefined && as === undefined && resource.custom !== undefined;
  const metadata: ListMeta = {
    ...(isLast && { continue: "" }),
    resourceVersion,
    ...(next !== undefined && { continue: next }),
    ...(remainingItemCount !== undefined && { remainingItemCount }),
  };
  if (as === undefined) return objectListParts(resource, { metadata, items });
  if (as !== "Table") return metadataListParts({ metadata, items }, version);
  const form = { version, includeObject: includeObject(query), now: clock.now() };
  return tableParts(resource, { metadata, items }, form);
}

/** The answer's form, agreed before anything is done. */
export function formatOf({ request, path }: Call, { watch = false } = {}): Format {
  const { resource, subresource } = path;
  const isRead = path.name === undefined && request.method === "GET";
  if (resource.custom === undefined) checkProduced(request, isRead || watch);
  const served = resource.subresources.find(({ name }) => name === subresource) ?? resource;
  return negotiate(request.headers.get("accept"), {
    // What can only be sent (reviews, bindings, evictions) is no object that has metadata.
    transforms: served.verbs.some((verb) => verb === "get" || verb === "list"),
    protobuf: () => messageOfKind(served) !== undefined,
    watch,
  });
}

/** An error, or a success without an object. */
export function respondStatus(status: Status, request?: Request): Response {
  const code = status.code ?? 200;
  const { retryAfterSeconds } = status.details ?? {};
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) };
  const media = request ? statusMedia(request) : "json";
  const pretty = request !== undefined && isPretty(request);
  const { bytes, contentType } = encoded(status, { media, pretty });
  return new Response(bytes, {
    status: code,
    headers: { ...headers, "Content-Type": contentType },
  });
}

/** What is wrong is told in the form that was asked for, where there is one. */
function statusMedia({ headers }: Request): Format["media"] {
  try {
    return negotiate(headers.get("accept"), { transforms: false, protobuf: () => true }).media;
  } catch (error) {
    if (hasReason(error, "NotAcceptable")) return "json";
    throw error;
  }
}

/** Any JSON value. */
export function respondValue(
  request: Request,
  value: unknown,
  { status = 200, media = "json" }: { status?: number; media?: Format["media"] } = {},
): Response {
  const { bytes, contentType } = encoded(value, { media, pretty: isPretty(request) });
  return respondBytes(request, bytes, { status, contentType });
}

/** Asked for, or by a program that people read the answers of, as apiserver has it. */
function isPretty({ url, headers }: Request): boolean {
  const asked = url.includes("pretty=") ? new URL(url).searchParams.get("pretty") : null;
  if (asked) return /^(1|t|true)$/i.test(asked);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers.get("user-agent") ?? "");
}

function encoded(
  value: unknown,
  { media, pretty }: { readonly media: Format["media"]; readonly pretty: boolean },
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly contentType: string } {
  if (media === "protobuf" && isJsonObject(value)) {
    return { bytes: encodeProtobuf(value), contentType: PROTOBUF_TYPE };
  }
  if (media !== "yaml") {
    const text = pretty ? jsonText(value, 2) : `${jsonText(value)}\n`;
    return { bytes: encoder.encode(text), contentType: "application/json" };
  }
  // YAML 1.1 quotes what else would be a time or a truth to its readers; Go sorts the keys.
  const text = stringify(value, {
    aliasDuplicateObjects: false,
    indentSeq: false,
    sortMapEntries: true,
    version: "1.1",
  });
  return { bytes: encoder.encode(text), contentType: "application/yaml" };
}

/** Bytes, compressed where they are many and the client can. */
export function respondBytes(
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
  {
    status = 200,
    contentType = "application/json",
  }: { status?: number; contentType?: string } = {},
): Response {
  const headers: Record<string, string> = { "Content-Type": contentType };
  if (!acceptsGzip(request) || bytes.length < GZIP_FROM_BYTES) {
    return new Response(bytes, { status, headers });
  }
  Object.assign(headers, GZIP_HEADERS);
  return new Response(Bun.gzipSync(bytes, { level: 1 }), { status, headers });
}

/** A body that may be long: what is more than one piece is made while it is sent. */
function respondParts(request: Request, parts: Iterable<Uint8Array>): Response {
  const pieces = piecesOf(parts);
  const [first, second] = [pieces.next(), pieces.next()];
  if (first.done === true) return respondBytes(request, new Uint8Array());
  if (second.done === true) return respondBytes(request, first.value);
  const rest = chain([first.value, second.value], pieces);
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (!acceptsGzip(request)) return new Response(streamOf(rest), { headers });
  Object.assign(headers, GZIP_HEADERS);
  return new Response(gzipStreamOf(rest), { headers });
}

function* chain<T>(first: readonly T[], rest: Iterable<T>): Generator<T> {
  yield* first;
  yield* rest;
}

const GZIP_HEADERS = { "Content-Encoding": "gzip", Vary: "Accept-Encoding" };

const acceptsGzip = ({ headers }: Request): boolean =>
  /\bgzip\b/.test(headers.get("accept-encoding") ?? "");

/** An object in the form that `as=` asks for; lists of one are their object. */
export function shownAs(call: Call, { item, format }: { item: Item; format: Format }): unknown {
  const { value } = item;
  const { as, version } = format;
  if (as === undefined || value.kind === "Status") return value;
  if (as !== "Table") return partialMetadata(value, version);
  const { resource } = call.path;
  const scale: Pick<Resource, "columns"> = { columns: SCALE_COLUMNS };
  return tableOf(value.kind === "Scale" ? scale : resource, [value], {
    version,
    includeObject: includeObject(call.query),
    now: call.clock.now(),
  });
}
