import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import type { Target } from "#api/verbs.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./plugin.ts";

/** The plug-ins that a write goes through, in their order. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  /** By row and subresource: most kinds meet few of them. */
  readonly #applicable = new WeakMap<Resource, Map<string, readonly AdmissionPlugin[]>>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  /** Before validation. @throws StatusError where a plug-in refuses. */
  mutate<T extends KubeObject>(request: AdmissionRequest<T>): void {
    const plugins = this.#of(request.target);
    const round = (): boolean => {
      for (const plugin of plugins) plugin.mutate?.(request);
      let isChanged = false;
      for (const plugin of plugins) if (plugin.mutateLast?.(request)) isChanged = true;
      return isChanged;
    };
    if (round()) round();
  }

  /** Where the write is decided. @throws StatusError where a plug-in refuses. */
  validate<T extends KubeObject>(request: AdmissionRequest<T>): void {
    for (const plugin of this.#of(request.target)) plugin.validate?.(request);
  }

  #of({ resource, subresource = "" }: Target & { subresource?: string }) {
    let bySubresource = this.#applicable.get(resource);
    if (bySubresource === undefined) {
      bySubresource = new Map();
      this.#applicable.set(resource, bySubresource);
    }
    let applicable = bySubresource.get(subresource);
    if (applicable === undefined) {
      applicable = this.#plugins.filter((plugin) => concerns(plugin, resource, subresource));
      bySubresource.set(subresource, applicable);
    }
    return applicable;
  }
}

function concerns(
  { kinds, subresources = [] }: AdmissionPlugin,
  { group, plural }: Resource,
  subresource: string,
): boolean {
  const ofKind = kinds?.some((kind) => kind.group === group && kind.plural === plural) ?? true;
  return (
    ofKind && (subresource === "" || subresources === "all" || subresources.includes(subresource))
  );
}
