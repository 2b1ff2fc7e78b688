import type { Resource } from "#api/resource.ts";
import { type DiscoveryVersion, groupDiscoveryList } from "./discovery-aggregated.ts";
import { groupsOf, type ServedGroup } from "./discovery-groups.ts";
import { apiVersions, group, groupList, resourceList } from "./discovery-legacy.ts";
import { Document } from "./document.ts";
import { parseAccept } from "./negotiate.ts";

interface Root {
  readonly legacy: Document | undefined;
  readonly aggregated: Readonly<Record<DiscoveryVersion, Document>>;
}

/** What the server has, in the two ways that clients ask. */
export class Discovery {
  readonly #core: Root;
  readonly #groups: Root;
  /** `/api/v1`, `/apis/apps`, `/apis/apps/v1`. */
  readonly #documents = new Map<string, Document>();

  constructor(resources: readonly Resource[]) {
    const groups = groupsOf(resources);
    const core = groups.filter(({ name }) => name === "");
    const named = groups.filter(({ name }) => name !== "");
    this.#core = { legacy: undefined, aggregated: aggregatedOf(core) };
    this.#groups = {
      legacy: Document.json(() => groupList(groups)),
      aggregated: aggregatedOf(named),
    };
    for (const served of groups) this.#add(served);
  }

  /** Every path that answers, for `/`. */
  get paths(): readonly string[] {
    return ["/api", "/apis", ...this.#documents.keys()].sort();
  }

  /** The answer for a path; `undefined` when there is nothing at it. */
  answer(request: Request, path: string): Response | undefined {
    if (path === "/api") return this.#root(request, this.#core);
    if (path === "/apis") return this.#root(request, this.#groups);
    return this.#documents.get(path)?.answer(request);
  }

  #root(request: Request, { legacy, aggregated }: Root): Response {
    const version = aggregatedVersion(request.headers.get("accept") ?? "");
    if (version !== undefined) return aggregated[version].answer(request);
    // Only this one says how the client reached us, and so differs between clients.
    const { host } = new URL(request.url);
    return (legacy ?? Document.json(() => apiVersions(host))).answer(request);
  }

  #add(served: ServedGroup): void {
    const base = served.name === "" ? "/api" : `/apis/${served.name}`;
    if (served.name !== "")
      this.#documents.set(
        base,
        Document.json(() => group(served)),
      );
    for (const version of served.versions) {
      this.#documents.set(
        `${base}/${version.version}`,
        Document.json(() => resourceList(version)),
      );
    }
  }
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
