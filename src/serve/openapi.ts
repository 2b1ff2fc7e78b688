import type { Catalog } from "#api/catalog.ts";
import { readDefinitions } from "#api/openapi/definitions.ts";
import type { Definitions } from "#api/openapi/schemas.ts";
import { openapiV2Json, openapiV2Protobuf } from "#api/openapi/v2.ts";
import {
  openapiV3Discovery,
  openapiV3DiscoveryDocument,
  openapiV3Document,
  openapiV3Index,
  openapiV3Path,
} from "#api/openapi/v3.ts";
import type { Resource } from "#api/resource.ts";
import type { Aggregation, RemoteVersion } from "./aggregation.ts";
import { derived } from "./derived.ts";
import { Document } from "./document.ts";
import { parseAccept } from "./negotiate.ts";

const V3_ROOT = "/openapi/v3";
/** With an `@` before the version clients cannot parse it, though they ask for it that way. */
const V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** The rows of one group and version, none where it is of another path, and what is said about them. */
interface Described {
  readonly rows: readonly Resource[];
  readonly document: Document;
}

interface Documents {
  readonly v2Json: Document;
  readonly v2Protobuf: Document;
  /** By their path below `/openapi/v3/`. */
  readonly v3: ReadonlyMap<string, Described>;
  readonly v3Index: Document;
}

/** `/openapi/v2` and `/openapi/v3`: made when first asked for, and again when kinds came or went. */
export class OpenApi {
  readonly #documents: () => Documents;
  /** Megabytes that only the making of documents needs. */
  #definitions: WeakRef<Definitions> | undefined;

  constructor(catalog: Catalog, aggregation: Aggregation) {
    this.#documents = derived(
      () => [catalog.resources, aggregation.versions] as const,
      ([resources, remote], previous: Documents | undefined) =>
        documentsOf({ resources, remote, definitions: () => this.#read() }, previous),
    );
  }

  #read(): Definitions {
    const kept = this.#definitions?.deref();
    if (kept !== undefined) return kept;
    const definitions = readDefinitions();
    this.#definitions = new WeakRef(definitions);
    return definitions;
  }

  /** The answer for a path under `/openapi`; `undefined` when there is nothing at it. */
  answer(request: Request, url: URL): Response | undefined {
    const documents = this.#documents();
    if (url.pathname === "/openapi/v2") return v2Answer(request, documents);
    if (url.pathname === V3_ROOT) return documents.v3Index.answer(request);
    const found = documents.v3.get(url.pathname.slice(V3_ROOT.length + 1));
    return found && versioned(found.document, { request, url });
  }
}

interface Sources {
  readonly resources: readonly Resource[];
  readonly remote: readonly RemoteVersion[];
  readonly definitions: () => Definitions;
}

function documentsOf(
  { resources, remote, definitions }: Sources,
  previous: Documents | undefined,
): Documents {
  const byPath = Map.groupBy(resources, openapiV3Path);
  const versions = [...byPath].map(([path, rows]) => {
    const known = previous?.v3.get(path);
    return [path, known && isSame(known.rows, rows) ? known : describe(rows, definitions)] as const;
  });
  const discovery = [...openapiV3Discovery(resources)].map(([path, one]) => {
    const document = Document.json(() => openapiV3DiscoveryDocument(one, definitions()));
    return [path, previous?.v3.get(path) ?? { rows: [], document }] as const;
  });
  const v3 = [...discovery, ...versions];
  const own = (): (readonly [string, string])[] =>
    v3.map(([path, { document }]) => [path, urlOf(path, document.hash)]);
  const others = remote.flatMap(({ group, version, openApiV3: url }) =>
    url === undefined ? [] : [[`apis/${group}/${version}`, url] as const],
  );
  const foreign = remote.flatMap(({ openApiV2 }) => openApiV2 ?? []);
  return {
    v2Json: Document.json(() => openapiV2Json(resources, definitions(), foreign)),
    v2Protobuf: new Document(V2_PROTOBUF, () =>
      openapiV2Protobuf(resources, definitions(), foreign),
    ),
    v3: new Map(v3),
    v3Index: Document.json(() => openapiV3Index(Object.fromEntries([...own(), ...others]))),
  };
}

const urlOf = (path: string, hash: string): string => `${V3_ROOT}/${path}?hash=${hash}`;

function describe(rows: readonly Resource[], definitions: () => Definitions): Described {
  return { rows, document: Document.json(() => openapiV3Document(rows, definitions())) };
}

function isSame(a: readonly Resource[], b: readonly Resource[]): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}

function v2Answer(request: Request, { v2Json, v2Protobuf }: Documents): Response {
  const asked = parseAccept(request.headers.get("accept") ?? "");
  const protobuf = asked.some(
    ({ type }) =>
      type === V2_PROTOBUF || type === "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
  );
  return (protobuf ? v2Protobuf : v2Json).answer(request);
}

/** A document asked for by its hash never changes; under another hash it is elsewhere. */
function versioned(document: Document, { request, url }: { request: Request; url: URL }): Response {
  const asked = url.searchParams.get("hash");
  if (asked === null || asked === "") return document.answer(request);
  if (asked !== document.hash) {
    const location = `${url.pathname}?hash=${document.hash}`;
    return new Response(null, { status: 301, headers: { Location: location } });
  }
  return document.answer(request, {
    "Cache-Control": `public, immutable, max-age=${YEAR_SECONDS}`,
    Expires: new Date(Date.now() + YEAR_SECONDS * 1000).toUTCString(),
  });
}
