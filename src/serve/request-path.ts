import type { Resource } from "#api/resource.ts";
import { unknownResource } from "#api/status.ts";

/** What a path under `/api` or `/apis` names. */
export interface ResourcePath {
  readonly resource: Resource;
  /** `""` for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
  /** It came with the deprecated `/watch/` prefix. */
  readonly watch: boolean;
}

/** The rows by path, `group/version/plural`. */
export class PathTable {
  readonly #rows = new Map<string, Resource>();
  readonly #versions = new Set<string>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      const { group, version, plural } = resource;
      this.#versions.add(`${group}/${version}`);
      this.#rows.set(`${group}/${version}/${plural}`, resource);
    }
  }

  /**
   * Reads a path; `undefined` when it is below no group and version that is served.
   * @throws StatusError 404 for a resource or subresource that there is not.
   */
  parse(path: string): ResourcePath | undefined {
    const [root, ...segments] = path.split("/").slice(1).map(decodeSegment);
    const group = root === "apis" ? segments.shift() : root === "api" ? "" : undefined;
    const version = segments.shift();
    if (group === undefined || (group === "" && root === "apis")) return undefined;
    if (!this.#versions.has(`${group}/${version}`) || segments.length === 0) return undefined;
    const watch = segments[0] === "watch";
    if (watch) segments.shift();
    const found = this.#resource(`${group}/${version}`, segments);
    if (found === undefined) throw unknownResource();
    return { ...found, watch };
  }

  #resource(base: string, segments: string[]): Omit<ResourcePath, "watch"> | undefined {
    const [first = "", namespace = "", plural = "", ...rest] = segments;
    if (first === "namespaces" && plural !== "") {
      const namespaced = this.#rows.get(`${base}/${plural}`);
      if (namespaced?.namespaced && namespace !== "") return named(namespaced, namespace, rest);
    }
    const resource = this.#rows.get(`${base}/${first}`);
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
): Omit<ResourcePath, "watch"> | undefined {
  const [name = "", subresource = "", ...rest] = segments;
  if (rest.length > 0 || (name === "" && segments.length > 1)) return undefined;
  if (name === "") return { resource, namespace };
  if (subresource === "") return { resource, namespace, name };
  if (!resource.subresources.some((one) => one.name === subresource)) return undefined;
  return { resource, namespace, name, subresource };
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
