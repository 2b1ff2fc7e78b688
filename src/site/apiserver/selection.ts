import { parseFieldSelector } from "#api/field-selector.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { parseLabelSelector } from "#api/selector.ts";

interface Selectors {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** Which objects a list or watch is about. */
export interface Selection<T extends KubeObject> {
  /** True where every object matches. */
  readonly everything: boolean;
  /** The only name that can match, where the selector demands one. */
  readonly name: string | undefined;
  matches(object: T): boolean;
}

/** @throws StatusError 400 for a selector that cannot be parsed or names an unknown field. */
export function selectionOf<T extends KubeObject>(
  resource: Resource<T>,
  { labelSelector = "", fieldSelector = "" }: Selectors,
): Selection<T> {
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(resource, fieldSelector);
  return {
    everything: labels.isEmpty && fields.isEmpty,
    name: fields.required("metadata.name"),
    matches: (object) =>
      (labels.isEmpty || labels.matches(object.metadata?.labels ?? {})) &&
      (fields.isEmpty || fields.matches(object)),
  };
}
