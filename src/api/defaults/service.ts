import type { Service } from "../object.ts";

const AFFINITY_TIMEOUT_SECONDS = 10_800;

type Spec = NonNullable<Service["spec"]>;
type Port = NonNullable<Spec["ports"]>[number];

export function setServiceDefaults(service: Service): void {
  service.spec ??= {};
  const { spec } = service;
  spec.type ||= "ClusterIP";
  setAffinityDefaults(spec);
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  if (spec.type !== "LoadBalancer") return;
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) {
    if (ingress.ip) ingress.ipMode ??= "VIP";
  }
}

function setAffinityDefaults(spec: Spec): void {
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (
    spec.sessionAffinity === "ClientIP" &&
    spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined
  ) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_TIMEOUT_SECONDS } };
  }
}

const hasNodePorts = ({ type }: Spec) => type === "NodePort" || type === "LoadBalancer";
const hasClusterIP = ({ type }: Spec) => type !== "ExternalName";

/** True where traffic from outside the cluster may reach the Service. */
export function isExternallyAccessible(spec: Spec): boolean {
  return hasNodePorts(spec) || (spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);
}

/** True where the load balancer asks nodes whether they have an endpoint. */
export function needsHealthCheck(spec: Spec): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

/** The status of a new Service. */
export function prepareService(service: Service): void {
  service.status = { loadBalancer: {} };
}

/**
 * What a client need not repeat when it updates a Service: addresses and ports that were allocated
 * stay where the new type still has them and go where it does not.
 */
export function prepareServiceUpdate({ spec: next }: Service, { spec: current }: Service): void {
  if (next === undefined || current === undefined) return;
  syncClusterIPs(next, current);
  dropOfOtherType(next, current);
  if (hasClusterIP(next) && hasClusterIP(current)) keepClusterIPs(next, current);
  if (hasNodePorts(next) && hasNodePorts(current)) keepNodePorts(next, current);
  if (needsHealthCheck(next) && needsHealthCheck(current)) {
    const port = next.healthCheckNodePort || current.healthCheckNodePort;
    if (port) next.healthCheckNodePort = port;
  }
}

/** A client that knows only `clusterIP` changed it alone: `clusterIPs` follows. */
function syncClusterIPs(next: Spec, current: Spec): void {
  const sameList = Bun.deepEquals(next.clusterIPs ?? [], current.clusterIPs ?? []);
  if (next.clusterIP === current.clusterIP || !sameList) return;
  if (next.clusterIP) next.clusterIPs = [next.clusterIP, ...(next.clusterIPs ?? []).slice(1)];
  else if (current.clusterIP) delete next.clusterIPs;
}

function keepClusterIPs(next: Spec, current: Spec): void {
  if (!(next.clusterIP || next.clusterIPs?.length)) {
    if (current.clusterIP) next.clusterIP = current.clusterIP;
    if (current.clusterIPs) next.clusterIPs = current.clusterIPs;
  }
  const { ipFamilies, ipFamilyPolicy } = current;
  if (ipFamilies && !next.ipFamilies?.length) next.ipFamilies = ipFamilies;
  if (ipFamilyPolicy) next.ipFamilyPolicy ??= ipFamilyPolicy;
}

function keepNodePorts(next: Spec, current: Spec): void {
  const idOf = ({ protocol = "TCP", port }: Port) => `${protocol}/${port}`;
  const known = new Map((current.ports ?? []).map((port) => [idOf(port), port.nodePort]));
  const taken = new Set((next.ports ?? []).map(({ nodePort }) => nodePort));
  for (const port of next.ports ?? []) {
    const nodePort = known.get(idOf(port));
    if (nodePort && !port.nodePort && !taken.has(nodePort)) port.nodePort = nodePort;
  }
}

type Dependent =
  | "allocateLoadBalancerNodePorts"
  | "clusterIP"
  | "clusterIPs"
  | "externalTrafficPolicy"
  | "healthCheckNodePort"
  | "ipFamilies"
  | "ipFamilyPolicy"
  | "loadBalancerClass";

/** Fields that mean something only where the Service has the property. */
const DEPENDENT: readonly (readonly [(spec: Spec) => boolean, readonly Dependent[]])[] = [
  [hasClusterIP, ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]],
  [isExternallyAccessible, ["externalTrafficPolicy"]],
  [({ type }) => type === "LoadBalancer", ["allocateLoadBalancerNodePorts", "loadBalancerClass"]],
  [needsHealthCheck, ["healthCheckNodePort"]],
];

/** Where the type changed, values of the old type that the client merely repeated go away. */
function dropOfOtherType(next: Spec, current: Spec): void {
  // answered first: a dropped field must not change the answer for the next
  const lost = DEPENDENT.filter(([applies]) => applies(current) && !applies(next));
  for (const field of lost.flatMap(([, fields]) => fields)) {
    if (Bun.deepEquals(next[field], current[field])) delete next[field];
  }
  if (!hasNodePorts(current) || hasNodePorts(next)) return;
  const old = new Set((current.ports ?? []).map(({ nodePort }) => nodePort));
  for (const port of next.ports ?? []) if (old.has(port.nodePort)) delete port.nodePort;
}
