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
    mutate(request) {
      if (!isLimited(request)) return;
      const { operation, object, target } = request;
      for (const range of rangesOf(store, target.namespace)) {
        const set = setDefaults(object, range);
        // A resize changes what is said of resources, and nothing else of a pod.
        if (operation === "CREATE" && set.length > 0) tell(object, set);
      }
    },
    validate(request) {
      if (!isLimited(request)) return;
      const { object, target } = request;
      for (const range of rangesOf(store, target.namespace)) {
        refuse(
          request,
          (range.spec?.limits ?? []).flatMap((limit) => podErrors(object, limit)),
        );
      }
    },
  };
}

type Limited = Exclude<AdmissionRequest<Pod>, { operation: "DELETE" }>;

/** Only new pods and resizes ask for anything, and not once the pod is going. */
function isLimited(request: AdmissionRequest<Pod>): request is Limited {
  const { operation, target, current } = request;
  if (operation === "CREATE") return true;
  const isResize = operation === "UPDATE" && target.subresource === "resize";
  return isResize && current?.metadata?.deletionTimestamp === undefined;
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

/** Fills in what containers do not say; answers in words what that was. */
function setDefaults(pod: Pod, { spec: range }: LimitRange): readonly string[] {
  const ofContainers = (range?.limits ?? []).filter(({ type }) => type === "Container");
  const limits = Object.assign({}, ...ofContainers.map((limit) => limit.default));
  const requests = Object.assign({}, ...ofContainers.map((limit) => limit.defaultRequest));
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [
    ...containers.flatMap((one) => fill(one, { limits, requests, what: "container" })),
    ...initContainers.flatMap((one) => fill(one, { limits, requests, what: "init container" })),
  ];
}

function tell(pod: Pod, set: readonly string[]): void {
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
