import { aggregated } from "#api/aggregate.ts";
import { amountsOf } from "#api/amounts.ts";
import type { Container, LimitRange, PersistentVolumeClaim, Pod } from "#api/object.ts";
import { podLimits, podRequests } from "#api/pod-resources.ts";
import { LIMIT_RANGES, PERSISTENT_VOLUME_CLAIMS, PODS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf } from "../kind.ts";
import { claimViolations, type Limit, violations } from "./limits.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "./plugin.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

/** Pods get the defaults of their namespace's LimitRanges, and stay within them. */
export function limitRanger(store: ObjectStore): AdmissionPlugin<Pod> {
  return {
    kinds: [PODS],
    subresources: ["resize"],
    mutate({ operation, target: { namespace }, object }) {
      if (operation !== "CREATE") return;
      for (const range of rangesOf(store, namespace)) setDefaults(object, range);
    },
    validate(request) {
      const { operation, object, target } = request;
      if (operation === "DELETE" || (operation === "UPDATE" && target.subresource !== "resize")) {
        return;
      }
      for (const range of rangesOf(store, target.namespace)) {
        refuse(
          request,
          (range.spec?.limits ?? []).flatMap((limit) => podErrors(object, limit)),
        );
      }
    },
  };
}

/** Claims stay within the LimitRanges of their namespace. */
export function claimLimitRanger(store: ObjectStore): AdmissionPlugin<PersistentVolumeClaim> {
  return {
    kinds: [PERSISTENT_VOLUME_CLAIMS],
    validate(request) {
      const { object, target } = request;
      if (object === undefined || object.metadata?.deletionTimestamp !== undefined) return;
      const requests = amountsOf(object.spec?.resources?.requests);
      for (const range of rangesOf(store, target.namespace)) {
        const limits = range.spec?.limits ?? [];
        const ofClaims = limits.filter(({ type }) => type === "PersistentVolumeClaim");
        refuse(
          request,
          ofClaims.flatMap((limit) => claimViolations(limit, requests)),
        );
      }
    },
  };
}

function rangesOf(store: ObjectStore, namespace: string): readonly LimitRange[] {
  const { items } = store.list(collectionOf(LIMIT_RANGES), namespace);
  return items.map((item) => itemOf(LIMIT_RANGES, item).value);
}

function refuse(request: AdmissionRequest, errors: readonly string[]): void {
  if (errors.length > 0) throw refused(request, aggregated(errors));
}

function podErrors(pod: Pod, limit: Limit): string[] {
  if (limit.type === "Container") {
    const { containers = [], initContainers = [] } = pod.spec ?? {};
    return [...containers, ...initContainers].flatMap(({ resources }) =>
      violations(limit, {
        requests: amountsOf(resources?.requests),
        limits: amountsOf(resources?.limits),
      }),
    );
  }
  if (limit.type !== "Pod") return [];
  // The overhead is not the pod's own doing.
  const { overhead: _, ...spec } = { containers: [], ...pod.spec };
  return violations(limit, { requests: podRequests({ spec }), limits: podLimits({ spec }) });
}

function setDefaults(pod: Pod, { spec: range }: LimitRange): void {
  const ofContainers = (range?.limits ?? []).filter(({ type }) => type === "Container");
  const limits = Object.assign({}, ...ofContainers.map((limit) => limit.default));
  const requests = Object.assign({}, ...ofContainers.map((limit) => limit.defaultRequest));
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const set = [
    ...containers.flatMap((one) => fill(one, { limits, requests, what: "container" })),
    ...initContainers.flatMap((one) => fill(one, { limits, requests, what: "init container" })),
  ];
  if (set.length === 0) return;
  pod.metadata ??= {};
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${set.join("; ")}`,
  };
}

type List = Readonly<Record<string, string>>;

/** Fills in what the container does not say; answers in words what that was. */
function fill(
  container: Container,
  { limits, requests, what }: { limits: List; requests: List; what: string },
): string[] {
  container.resources ??= {};
  const { resources } = container;
  const said: string[] = [];
  for (const [name, defaults] of [
    ["requests", requests],
    ["limits", limits],
  ] as const) {
    const missing = Object.keys(defaults).filter((one) => resources[name]?.[one] === undefined);
    if (missing.length === 0) continue;
    resources[name] = { ...defaults, ...resources[name] };
    const kind = name === "requests" ? "request" : "limit";
    said.push(`${missing.toSorted().join(", ")} ${kind} for ${what} ${container.name}`);
  }
  return said;
}
