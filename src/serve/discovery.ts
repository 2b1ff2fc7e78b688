import type { Catalog } from "#api/catalog.ts";
import { basePath } from "#api/openapi/operations.ts";
import type { Resource } from "#api/resource.ts";
import { methodNotAllowed } from "#api/status.ts";
import type { Aggregation, RemoteVersion } from "./aggregation.ts";
import { derived } from "./derived.ts";
import { type DiscoveryVersion, groupDiscoveryList } from "./discovery-aggregated.ts";
import { groupsOf, type ServedGroup } from "./discovery-groups.ts";
import { apiVersions, group, groupList, resourceList } from "./discovery-legacy.ts";
import { Document } from "./document.ts";
import { parseAccept } from "./negotiate.ts";

interface Root {
  readonly legacy: Document | undefined;
  readonly aggregated: Readonly<Record<DiscoveryVersion, Document>>;
}

/** Everything that there is to know about one state of the catalog. */
interface Documents {
  readonly core: Root;
  readonly groups: Root;
  /** `/api/v1`, `/apis/apps`, `/apis/apps/v1`. */
  readonly byPath: ReadonlyMap<string, Document>;
  /** The paths that take no method but GET. */
  readonly onlyRead: ReadonlySet<string>;
}

/** What the server has, in the two ways that clients ask. */
export class Discovery {
  readonly #documents: () => Documents;

  constructor(catalog: Catalog, aggregation: Aggregation) {
    this.#documents = derived(
      () => [catalog.resources, aggregation.versions] as const,
      ([resources, remote]) => documentsOf(resources, remote),
    );
  }

  /** Every path that answers, for `/`. */
  get paths(): readonly string[] {
    return ["/api", "/apis", ...this.#documents().byPath.keys()].sort();
  }

  /** Whether there is anything at a path. */
  has(path: string): boolean {
    return path === "/api" || path === "/apis" || this.#documents().byPath.has(path);
  }

  /**
   * The answer for a path; `undefined` when there is nothing at it. Upstream looks at the method only
   * where the same server has the kinds too: not for `/apis`, groups, and versions of custom kinds.
   * @throws StatusError 405
   */
  answer(request: Request, path: string): Response | undefined {
    const { core, groups, byPath, onlyRead } = this.#documents();
    if (request.method !== "GET" && onlyRead.has(path)) throw methodNotAllowed();
    if (path === "/api") return rootAnswer(request, core);
    if (path === "/apis") return rootAnswer(request, groups);
    return byPath.get(path)?.answer(request);
  }
}

function rootAnswer(request: Request, { legacy, aggregated }: Root): Response {
  const version = aggregatedVersion(request.headers.get("accept") ?? "");
  if (version !== undefined) return aggregated[version].answer(request);
  // Only this one says how the client reached us, and so differs between clients.
  const { host } = new URL(request.url);
  return (legacy ?? Document.json(() => apiVersions(host))).answer(request);
}

function documentsOf(resources: readonly Resource[], remote: readonly RemoteVersion[]): Documents {
  const groups = groupsOf(resources, remote);
  const core = groups.filter(({ name }) => name === "");
  const named = groups.filter(({ name }) => name !== "");
  return {
    core: { legacy: undefined, aggregated: aggregatedOf(core) },
    groups: { legacy: Document.json(() => groupList(groups)), aggregated: aggregatedOf(named) },
    byPath: new Map(groups.flatMap(groupDocuments)),
    onlyRead: new Set(["/api", ...resources.filter(isBuiltIn).map(basePath)]),
  };
}

const isBuiltIn = ({ custom }: Resource): boolean => custom === undefined;

function groupDocuments(served: ServedGroup): (readonly [string, Document])[] {
  const base = served.name === "" ? "/api" : `/apis/${served.name}`;
  const own = [base, Document.json(() => group(served))] as const;
  // What another server has it says itself.
  const versions = served.versions
    .filter(({ remote }) => remote === undefined)
    .map(
      (version) =>
        [`${base}/${version.version}`, Document.json(() => resourceList(version))] as const,
    );
  return served.name === "" ? versions : [own, ...versions];
}

function aggregatedOf(groups: readonly ServedGroup[]): Root["aggregated"] {
  const document = (version: DiscoveryVersion): Document =>
    Document.json(
      () => groupDiscoveryList(groups, version),
      `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    );
  return { v2: document("v2"), v2beta1: document("v2beta1") };
}

/** The version of the first clause that asks for the aggregated form, if it comes before plain JSON. */
function aggregatedVersion(accept: string): DiscoveryVersion | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== "application/json") continue;
    const version = parameters.get("v");
    const aggregated =
      parameters.get("g") === "apidiscovery.k8s.io" &&
      parameters.get("as") === "APIGroupDiscoveryList";
    if (!parameters.has("as")) return undefined;
    if (aggregated && (version === "v2" || version === "v2beta1")) return version;
  }
  return undefined;
}
