import { type Amounts, amountsOf } from "../amounts.ts";
import type { KubeObject, PersistentVolumeClaim, Pod, Service } from "../object.ts";
import { allContainers, isTerminal } from "../pod.ts";
import { isWhole, podLimits, podRequests } from "../pod-resources.ts";
import { Quantity } from "../quantity.ts";
import { groupResource, type Resource } from "../resource.ts";
import { claimClass } from "../volume-claims.ts";

/** What a ResourceQuota counts of one kind. */
export interface QuotaKind<T extends KubeObject = KubeObject> {
  /** Which of the names that a quota limits are about this kind. */
  counts(name: string): boolean;
  /** What one object uses, by those names. */
  usage(object: T): Amounts;
  /** When an object that is to go uses less although it is still there; nothing where that is never. */
  lapse?(object: T): Lapse | undefined;
  /** What the object must say for a quota on those names to be measurable: a text, or nothing. */
  missing?(object: T, names: readonly string[]): string | undefined;
}

/** An object that should be gone is not charged for what it used. */
export interface Lapse {
  /** Since 1970. */
  readonly atMs: number;
  /** What it uses all the same. */
  readonly left: Amounts;
}

const ONE = Quantity.parse(1);
const PLACE: Amounts = new Map([["count/pods", ONE]]);
const STORAGE_CLASS = ".storageclass.storage.k8s.io/";
const COMPUTE = ["cpu", "memory", "ephemeral-storage"] as const;
const POD_NAMES: ReadonlySet<string> = new Set([
  "pods",
  "count/pods",
  ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
const SERVICE_NAMES: ReadonlySet<string> = new Set([
  "services",
  "count/services",
  "services.nodeports",
  "services.loadbalancers",
]);
const CLAIM_NAMES = ["persistentvolumeclaims", "requests.storage"] as const;
/** Where a quota on these is set, every container must say how much (a mistake, says Kubernetes). */
const MUST_BE_SET: ReadonlySet<string> = new Set(
  ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);
/** Kinds that are also counted by their own name. */
const ALIASED: ReadonlySet<string> = new Set([
  "configmaps",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
]);

const isExtended = (name: string): boolean =>
  name.includes("/") && !name.includes("kubernetes.io/") && !name.startsWith("requests.");

const pods: QuotaKind<Pod> = {
  counts: (name) =>
    POD_NAMES.has(name) ||
    name.startsWith("hugepages-") ||
    name.startsWith("requests.hugepages-") ||
    (name.startsWith("requests.") && isExtended(name.slice("requests.".length))),
  usage(pod) {
    // A pod that has ended uses nothing but its place in the store.
    if (isTerminal(pod)) return PLACE;
    const usage = new Map([...PLACE, ["pods", ONE]]);
    for (const [name, amount] of computeUsage(podRequests(pod), podLimits(pod))) {
      usage.set(name, amount);
    }
    return usage;
  },
  lapse({ metadata = {} }) {
    const { deletionTimestamp, deletionGracePeriodSeconds: seconds } = metadata;
    if (deletionTimestamp === undefined || seconds === undefined) return undefined;
    return { atMs: Date.parse(deletionTimestamp) + seconds * 1000, left: PLACE };
  },
  missing({ spec }, names) {
    if (spec && isWhole(spec)) return undefined;
    const lacking = new Map<string, Set<string>>();
    for (const { name, resources } of allContainers(spec)) {
      const own = computeUsage(amountsOf(resources?.requests), amountsOf(resources?.limits));
      for (const wanted of names.filter((one) => MUST_BE_SET.has(one) && !own.has(one))) {
        lacking.set(wanted, (lacking.get(wanted) ?? new Set()).add(name));
      }
    }
    if (lacking.size === 0) return undefined;
    const parts = [...lacking].map(
      ([name, who]) => `${name} for: ${[...who].toSorted().join(",")}`,
    );
    return `must specify ${parts.toSorted().join("; ")}`;
  },
};

function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage = new Map<string, Quantity>();
  for (const name of COMPUTE) {
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request !== undefined) usage.set(name, request).set(`requests.${name}`, request);
    if (limit !== undefined) usage.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    const huge = name.startsWith("hugepages-");
    if (huge) usage.set(name, request);
    if (huge || isExtended(name)) usage.set(`requests.${name}`, request);
  }
  return usage;
}

const services: QuotaKind<Service> = {
  counts: (name) => SERVICE_NAMES.has(name),
  usage({ spec }) {
    const { type, ports = [], allocateLoadBalancerNodePorts = true } = spec ?? {};
    const explicit = ports.filter(({ nodePort }) => nodePort).length;
    const wanted =
      type === "LoadBalancer" && !allocateLoadBalancerNodePorts ? explicit : ports.length;
    const exposed = type === "NodePort" || type === "LoadBalancer";
    return new Map([
      ["services", ONE],
      ["count/services", ONE],
      ["services.nodeports", Quantity.parse(exposed ? wanted : 0)],
      ["services.loadbalancers", type === "LoadBalancer" ? ONE : Quantity.zero],
    ]);
  },
};

const claims: QuotaKind<PersistentVolumeClaim> = {
  counts: (name) =>
    name === "count/persistentvolumeclaims" ||
    CLAIM_NAMES.some((own) => name === own || name.endsWith(`${STORAGE_CLASS}${own}`)),
  usage(claim) {
    const [count, storage] = CLAIM_NAMES;
    const usage = new Map<string, Quantity>([
      [count, ONE],
      ["count/persistentvolumeclaims", ONE],
    ]);
    const requested = claimedStorage(claim);
    if (requested !== undefined) usage.set(storage, requested);
    const storageClass = claimClass(claim);
    if (storageClass) {
      usage.set(`${storageClass}${STORAGE_CLASS}${count}`, ONE);
      if (requested !== undefined)
        usage.set(`${storageClass}${STORAGE_CLASS}${storage}`, requested);
    }
    return usage;
  },
};

/** What is asked for, or what is already allocated where that is more. */
function claimedStorage({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const requested = amountsOf(spec?.resources?.requests).get("storage");
  const allocated = amountsOf(status?.allocatedResources).get("storage");
  if (requested === undefined || allocated === undefined) return requested;
  return allocated.compare(requested) > 0 ? allocated : requested;
}

function objects(resource: Pick<Resource, "group" | "plural">): QuotaKind {
  const { group, plural } = resource;
  const names = [`count/${groupResource(resource)}`];
  if (group === "" && ALIASED.has(plural)) names.push(plural);
  const usage: Amounts = new Map(names.map((name) => [name, ONE]));
  return { counts: (name) => usage.has(name), usage: () => usage };
}

const MEASURED: ReadonlyMap<string, QuotaKind> = new Map<string, QuotaKind>([
  ["pods", pods],
  ["services", services],
  ["persistentvolumeclaims", claims],
]);

/** How a ResourceQuota measures a kind (pkg/quota/v1/evaluator/core). */
export function quotaKind(resource: Pick<Resource, "group" | "plural">): QuotaKind {
  const measured = resource.group === "" ? MEASURED.get(resource.plural) : undefined;
  return measured ?? objects(resource);
}
