import type { Container, Pod } from "#api/object.ts";
import { milliValue } from "#api/quantity.ts";
import { ContainerConfigError } from "./config-error.ts";

/** What a pod can be told of itself beside its own object. */
export interface PodFacts {
  readonly pod: Pod;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  /** What a container without a limit may use. */
  readonly allocatable: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, (facts: PodFacts) => string>>;

const FIELDS: Fields = {
  "metadata.name": ({ pod }) => pod.metadata?.name ?? "",
  "metadata.namespace": ({ pod }) => pod.metadata?.namespace ?? "",
  "metadata.uid": ({ pod }) => pod.metadata?.uid ?? "",
  "metadata.labels": ({ pod }) => formatMap(pod.metadata?.labels),
  "metadata.annotations": ({ pod }) => formatMap(pod.metadata?.annotations),
  "spec.nodeName": ({ pod }) => pod.spec?.nodeName ?? "",
  "spec.serviceAccountName": ({ pod }) => pod.spec?.serviceAccountName ?? "",
  "status.hostIP": ({ hostIPs }) => hostIPs[0] ?? "",
  "status.hostIPs": ({ hostIPs }) => hostIPs.join(","),
  "status.podIP": ({ podIPs }) => podIPs[0] ?? "",
  "status.podIPs": ({ podIPs }) => podIPs.join(","),
};

/** The value of a `fieldRef`: one of the pod's fields, or one of its labels or annotations. */
export function fieldValue(facts: PodFacts, fieldPath: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (keyed) {
    const [, map, key = ""] = keyed;
    const { labels = {}, annotations = {} } = facts.pod.metadata ?? {};
    return (map === "labels" ? labels : annotations)[key] ?? "";
  }
  const field = FIELDS[fieldPath];
  if (!field) throw new ContainerConfigError(`unsupported fieldPath: ${fieldPath}`);
  return field(facts);
}

export interface ResourceRef {
  readonly container: Container | undefined;
  /** `limits.cpu`, `requests.memory` */
  readonly resource: string;
  readonly divisor?: string | undefined;
}

/** The value of a `resourceFieldRef`, divided and rounded up; a missing limit is the node's. */
export function resourceValue(facts: PodFacts, { container, resource, divisor }: ResourceRef) {
  if (!container) throw new ContainerConfigError(`container of resource ${resource} not found`);
  const [kind = "", name = ""] = resource.split(/\.(.*)/s);
  const { limits = {}, requests = {} } = container.resources ?? {};
  const set = kind === "limits" ? limits[name] : requests[name];
  const value = set ?? (kind === "limits" ? facts.allocatable[name] : undefined);
  const unit = divisor === undefined || divisor === "0" ? "1" : divisor;
  return String(Math.ceil(milliValue(value) / milliValue(unit)));
}

/** A map as the downward API writes it: `key="value"` lines in order. */
function formatMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}
