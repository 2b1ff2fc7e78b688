import type { Catalog } from "#api/catalog.ts";
import type { Resource } from "#api/resource.ts";
import { notFound, unknownResource } from "#api/status.ts";

/** What a path under `/api` or `/apis` names. */
export interface ResourcePath {
  readonly resource: Resource;
  /** `""` for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
  /** Of a proxy: the path behind it as it was sent, `""` or beginning with a slash. */
  readonly rest?: string;
  /** It came with the deprecated `/watch/` prefix. */
  readonly watch: boolean;
}

const PROXY = "proxy";
const STREAMS: readonly string[] = ["attach", "exec", "portforward"];

/** True for subresources that are spoken over an upgraded connection. */
export function isStream({ resource, subresource }: ResourcePath): boolean {
  return resource.plural === "pods" && STREAMS.includes(subresource ?? "");
}

/** True for what hands a request on to what an object stands for. */
export function isProxy({ subresource }: ResourcePath): boolean {
  return subresource === PROXY;
}

/** What was found, and how many segments lie behind it. */
interface Found extends Omit<ResourcePath, "watch" | "rest"> {
  readonly behind: number;
}

/** Finds the rows of a catalog by path. */
export class PathTable {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /**
   * Reads a path; `undefined` when it is below no group and version that is served, or names what a
   * group of custom kinds does not have.
   * @throws StatusError 404 for a resource or subresource that there is not.
   */
  parse(path: string): ResourcePath | undefined {
    const sent = path.split("/").slice(1);
    const [root, ...segments] = sent.map(decodeSegment);
    const group = root === "apis" ? segments.shift() : root === "api" ? "" : undefined;
    const version = segments.shift();
    if (group === undefined || version === undefined) return undefined;
    if (group === "" && root === "apis") return undefined;
    if (!this.#catalog.serves(group, version) || segments.length === 0) return undefined;
    const watch = segments[0] === "watch";
    if (watch) segments.shift();
    const found = this.#resource({ group, version }, segments);
    if (found === undefined) return this.#unknown({ group, version });
    const { behind, ...named } = found;
    if (!isProxy({ ...named, watch })) {
      if (behind > 0) throw unknownResource();
      return { ...named, watch };
    }
    const rest = behind === 0 ? "" : `/${sent.slice(-behind).join("/")}`;
    return { ...named, rest, watch };
  }

  /** Below custom kinds nobody is there to say what there is not. */
  #unknown({ group, version }: { readonly group: string; readonly version: string }): undefined {
    const isBuiltIn = this.#catalog.resources.some(
      (row) => row.group === group && row.version === version && row.custom === undefined,
    );
    if (isBuiltIn) throw unknownResource();
  }

  #resource(
    base: { readonly group: string; readonly version: string },
    segments: string[],
  ): Found | undefined {
    const [first = "", namespace = "", plural = "", ...rest] = segments;
    if (first === "namespaces" && plural !== "") {
      const namespaced = this.#catalog.find({ ...base, plural });
      if (namespaced?.namespaced && namespace !== "") return named(namespaced, namespace, rest);
    }
    const resource = this.#catalog.find({ ...base, plural: first });
    if (resource === undefined) return undefined;
    // Of a namespaced kind only the list over all namespaces has no namespace in its path.
    if (resource.namespaced && segments.length > 1) return undefined;
    return named(resource, "", segments.slice(1));
  }
}

function named(
  resource: Resource,
  namespace: string,
  segments: readonly string[],
): Found | undefined {
  const [name = "", subresource = "", ...rest] = segments;
  const behind = rest.length;
  if (name === "") return segments.length > 1 ? undefined : { resource, namespace, behind };
  if (subresource === "") return behind > 0 ? undefined : { resource, namespace, name, behind };
  if (!resource.subresources.some((one) => one.name === subresource)) {
    if (resource.custom) throw notFound({ resource, name });
    return undefined;
  }
  return { resource, namespace, name, subresource, behind };
}

function decodeSegment(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
