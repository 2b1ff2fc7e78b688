import { stringify } from "yaml";
import { SCALE_COLUMNS } from "#api/columns/workload.ts";
import type { Item } from "#api/item.ts";
import type { KubeObject, ListMeta } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { Status } from "#api/status.ts";
import { partialMetadata, partialMetadataList, tableOf } from "#api/table.ts";
import type { ListResult } from "#api/verbs.ts";
import type { Call } from "./call.ts";
import { type Format, negotiate } from "./negotiate.ts";
import { includeObject } from "./query.ts";

/** apiserver's `defaultGzipThresholdBytes`. */
const GZIP_FROM_BYTES = 128 * 1024;
const encoder = new TextEncoder();

/** One object, as the client wants to see it. */
export function respondItem(call: Call, item: Item, status = 200): Response {
  const format = formatOf(call);
  if (format.as === undefined && format.media === "json") {
    return respondBytes(call.request, item.json, { status });
  }
  return respondValue(call.request, shownAs(call, { item, format }), {
    status,
    media: format.media,
  });
}

/** A list, as the client wants to see it: JSON is put together from what is encoded already. */
export function respondList(call: Call, result: ListResult): Response {
  const { request, path } = call;
  const format = formatOf(call);
  const metadata: ListMeta = {
    resourceVersion: result.resourceVersion,
    ...(result.continue !== undefined && { continue: result.continue }),
    ...(result.remainingItemCount !== undefined && {
      remainingItemCount: result.remainingItemCount,
    }),
  };
  if (format.as === undefined && format.media === "json") {
    return respondBytes(request, listBytes(path.resource, { metadata, items: result.items }));
  }
  const objects = result.items.map(({ value }) => value);
  return respondValue(request, listAs(call, { objects, metadata, format }), {
    media: format.media,
  });
}

/** The answer's form, agreed before anything is done. */
export function formatOf({ request }: Call): Format {
  return negotiate(request.headers.get("accept"), { transforms: true });
}

/** An error, or a success without an object. */
export function respondStatus(status: Status): Response {
  const code = status.code ?? 200;
  const { retryAfterSeconds } = status.details ?? {};
  return Response.json(status, {
    status: code,
    headers: retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) },
  });
}

/** Any JSON value. */
export function respondValue(
  request: Request,
  value: unknown,
  { status = 200, media = "json" }: { status?: number; media?: Format["media"] } = {},
): Response {
  if (media === "json") {
    return respondBytes(request, encoder.encode(`${JSON.stringify(value)}\n`), { status });
  }
  const text = stringify(value, { aliasDuplicateObjects: false });
  return respondBytes(request, encoder.encode(text), { status, contentType: "application/yaml" });
}

/** Bytes, compressed where they are many and the client can. */
export function respondBytes(
  request: Request,
  bytes: Uint8Array,
  {
    status = 200,
    contentType = "application/json",
  }: { status?: number; contentType?: string } = {},
): Response {
  const headers: Record<string, string> = { "Content-Type": contentType };
  const accepts = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  if (!accepts || bytes.length < GZIP_FROM_BYTES) {
    return new Response(owned(bytes), { status, headers });
  }
  headers["Content-Encoding"] = "gzip";
  headers["Vary"] = "Accept-Encoding";
  return new Response(Bun.gzipSync(owned(bytes), { level: 1 }), { status, headers });
}

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

function listAs(
  call: Call,
  { objects, metadata, format }: { objects: KubeObject[]; metadata: ListMeta; format: Format },
): unknown {
  const { resource } = call.path;
  const { as, version } = format;
  if (as === undefined) {
    return {
      kind: `${resource.kind}List`,
      apiVersion: apiVersionOf(resource),
      metadata,
      items: objects,
    };
  }
  if (as !== "Table") return partialMetadataList(objects, { metadata, version });
  return tableOf(resource, objects, {
    version,
    metadata,
    includeObject: includeObject(call.query),
    now: call.clock.now(),
  });
}

const COMMA = encoder.encode(",");
const END = encoder.encode("]}\n");

function listBytes(
  resource: Resource,
  { metadata, items }: { metadata: ListMeta; items: readonly Item[] },
): Uint8Array {
  const kind = JSON.stringify(`${resource.kind}List`);
  const apiVersion = JSON.stringify(apiVersionOf(resource));
  const head = `{"kind":${kind},"apiVersion":${apiVersion},"metadata":${JSON.stringify(metadata)},"items":[`;
  const parts: Uint8Array[] = [encoder.encode(head)];
  for (const [index, { json }] of items.entries()) {
    if (index > 0) parts.push(COMMA);
    parts.push(json);
  }
  parts.push(END);
  return Buffer.concat(parts);
}

/** Bytes never lie in shared memory here, which is all that the type of a body rules out. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
