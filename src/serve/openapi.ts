import { openapiV2Json, openapiV2Protobuf } from "#api/openapi/v2.ts";
import { openapiV3Document, openapiV3Index, openapiV3Path } from "#api/openapi/v3.ts";
import type { Resource } from "#api/resource.ts";
import { Document } from "./document.ts";
import { parseAccept } from "./negotiate.ts";
import { respondValue } from "./respond.ts";

const V3_ROOT = "/openapi/v3";
/** With an `@` before the version clients cannot parse it, though they ask for it that way. */
const V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** `/openapi/v2` and `/openapi/v3`: made when first asked for. */
export class OpenApi {
  readonly #v2Json: Document;
  readonly #v2Protobuf: Document;
  /** By their path below `/openapi/v3/`. */
  readonly #v3 = new Map<string, Document>();

  constructor(resources: readonly Resource[]) {
    this.#v2Json = Document.json(() => openapiV2Json(resources));
    this.#v2Protobuf = new Document(V2_PROTOBUF, () => openapiV2Protobuf(resources));
    for (const { group, version } of resources) {
      const document = (): unknown => openapiV3Document(resources, { group, version });
      this.#v3.set(openapiV3Path({ group, version }), Document.json(document));
    }
  }

  /** The answer for a path under `/openapi`; `undefined` when there is nothing at it. */
  answer(request: Request, url: URL): Response | undefined {
    if (url.pathname === "/openapi/v2") return this.#v2(request);
    if (url.pathname === V3_ROOT) return this.#index(request);
    const document = this.#v3.get(url.pathname.slice(V3_ROOT.length + 1));
    return document && versioned(document, { request, url });
  }

  #v2(request: Request): Response {
    const asked = parseAccept(request.headers.get("accept") ?? "");
    const protobuf = asked.some(
      ({ type }) =>
        type === V2_PROTOBUF ||
        type === "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
    );
    return (protobuf ? this.#v2Protobuf : this.#v2Json).answer(request);
  }

  #index(request: Request): Response {
    const hashes = [...this.#v3].map(([path, { hash }]) => [path, hash] as const);
    return respondValue(request, openapiV3Index(Object.fromEntries(hashes)));
  }
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
