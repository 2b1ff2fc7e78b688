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

/** What answers at a path. */
type Answering = (request: Request) => Response;

/** What the server has, in the two ways that clients ask. */
export class Discovery {
  /** By `/api`, `/api/v1`, `/apis`, `/apis/apps`, `/apis/apps/v1`. */
  readonly #answers: () => ReadonlyMap<string, Answering>;

  constructor(catalog: Catalog, aggregation: Aggregation) {
    this.#answers = derived(
      () => [catalog.resources, aggregation.versions] as const,
      ([resources, remote]) => answersOf(resources, remote),
    );
  }

  /** Every path that answers, for `/`. */
  get paths(): readonly string[] {
    return [...this.#answers().keys()].sort();
  }

  /** What answers at a path; `undefined` when there is nothing. */
  at(path: string): Answering | undefined {
    return this.#answers().get(path);
  }
}

function answersOf(
  resources: readonly Resource[],
  remote: readonly RemoteVersion[],
): ReadonlyMap<string, Answering> {
  const groups = groupsOf(resources, remote);
  const core = aggregatedOf(groups.filter(({ name }) => name === ""));
  const named = aggregatedOf(groups.filter(({ name }) => name !== ""));
  const legacy = Document.json(() => groupList(groups));
  const answers = new Map<string, Answering>([
    ["/api", (request) => rootAnswer(request, { legacy: undefined, aggregated: core })],
    ["/apis", (request) => rootAnswer(request, { legacy, aggregated: named })],
  ]);
  for (const [path, document] of groups.flatMap(groupDocuments)) {
    answers.set(path, (request) => document.answer(request));
  }
  for (const path of new Set(["/api", ...resources.filter(isBuiltIn).map(basePath)])) {
    const answer = answers.get(path);
    if (answer !== undefined) answers.set(path, onlyRead(answer));
  }
  return answers;
}

const isBuiltIn = ({ custom }: Resource): boolean => custom === undefined;

/**
 * Upstream looks at the method only where the same server has the kinds too: not for `/apis`, groups,
 * and versions of custom kinds.
 */
function onlyRead(answer: Answering): Answering {
  return (request) => {
    if (request.method !== "GET") throw methodNotAllowed();
    return answer(request);
  };
}

function rootAnswer(request: Request, { legacy, aggregated }: Root): Response {
  const version = aggregatedVersion(request.headers.get("accept") ?? "");
  if (version !== undefined) return aggregated[version].answer(request);
  // Only this one says how the client reached us, and so differs between clients.
  const { host } = new URL(request.url);
  return (legacy ?? Document.json(() => apiVersions(host))).answer(request);
}

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
