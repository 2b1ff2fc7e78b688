import { isJsonObject } from "#api/codec/json-value.ts";
import { type ForeignPart, foreignPart } from "#api/openapi/foreign.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { explain } from "#lib/errors.ts";
import { exchange } from "#serve/proxy/exchange.ts";
import { type Availability, failedDiscovery } from "./availability.ts";
import type { FrontProxy } from "./front-proxy.ts";
import { backendOf, type RemoteService } from "./remote-api.ts";
import { remoteResources } from "./remote-resources.ts";

/** What a server says of an API that it serves. */
export interface Discovered {
  readonly resources: readonly object[];
  readonly openApiV3?: string;
  readonly openApiV2?: ForeignPart;
}

interface Means {
  readonly store: ObjectStore;
  readonly frontProxy: FrontProxy;
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 4 * 1024 * 1024;
/** As whom an API is looked at: somebody who may always. */
const AGGREGATOR: UserInfo = { name: "system:kube-aggregator", groups: ["system:masters"] };

interface Discovering {
  readonly service: RemoteService;
  /** What it said before: long documents are read again only where something else changed. */
  readonly known: Discovered | undefined;
}

/** Asks a server what its API has; answers with what is wrong where it does not say. */
export async function discover(
  { service, known }: Discovering,
  means: Means,
  signal: AbortSignal,
): Promise<Discovered | Availability> {
  const { group, version, name, namespace, port } = service;
  const path = `/apis/${group}/${version}`;
  const shown = `https://${name}.${namespace}.svc:${port}${path}`;
  try {
    const { code, body } = await ask(path, { service, means, signal });
    if (code < 200 || code > 299) {
      const why = `bad status from ${shown}: ${code}`;
      return failedDiscovery(`failing or missing response from ${shown}: ${why}`);
    }
    const resources = remoteResources(body, { group, version });
    const openApiV3 = await describedAt(path, { service, means, signal });
    const isSame = known?.openApiV3 === openApiV3 && Bun.deepEquals(known?.resources, resources);
    if (known?.openApiV2 && isSame) return known;
    const openApiV2 = await describedAs(path, { service, means, signal });
    return {
      resources,
      ...(openApiV3 !== undefined && { openApiV3 }),
      ...(openApiV2 !== undefined && { openApiV2 }),
    };
  } catch (error) {
    const why = explain(error).replace(/^error trying to reach service: /, "");
    return failedDiscovery(`failing or missing response from ${shown}: Get "${shown}": ${why}`);
  }
}

interface Asking {
  readonly service: RemoteService;
  readonly means: Means;
  readonly signal: AbortSignal;
}

/** Where its OpenAPI v3 document is, where it has one. */
async function describedAt(path: string, asking: Asking): Promise<string | undefined> {
  const { code, body } = await ask("/openapi/v3", asking).catch(() => ({ code: 0, body: null }));
  const paths = code === 200 && isJsonObject(body) ? body["paths"] : undefined;
  const entry = isJsonObject(paths) ? paths[path.slice(1)] : undefined;
  const url = isJsonObject(entry) ? entry["serverRelativeURL"] : undefined;
  return typeof url === "string" && url.startsWith(`/openapi/v3${path}`) ? url : undefined;
}

/** What its OpenAPI v2 document says of it, where it has one. */
async function describedAs(path: string, asking: Asking): Promise<ForeignPart | undefined> {
  const { code, body } = await ask("/openapi/v2", asking).catch(() => ({ code: 0, body: null }));
  return code === 200 ? foreignPart(body, path) : undefined;
}

async function ask(
  target: string,
  { service, means, signal }: Asking,
): Promise<{ code: number; body: unknown }> {
  const backend = backendOf(service, { target, user: AGGREGATOR }, means);
  // Whoever owns the network may lie about it: that does no harm.
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const { message } = await exchange(
    { ...backend, tls: { ...backend.tls, insecure: true } },
    {
      method: "GET",
      headers: { accept: "application/json", ...backend.headers },
      body: null,
      signals: [signal, late],
    },
  );
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> = message;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  return { code: message.statusCode ?? 0, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
