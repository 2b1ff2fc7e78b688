import { needsHealthCheck } from "#api/defaults/service.ts";
import { type FieldError, invalid } from "#api/field-error.ts";
import { readIp } from "#api/ip-text.ts";
import type { Service } from "#api/object.ts";
import { SERVICES } from "#api/resources.ts";
import { internalError, invalidObject } from "#api/status.ts";
import type { Admission } from "../admission.ts";
import type { Strategy } from "../strategy.ts";
import { nodePortsOf, type ServiceAllocators } from "./service-allocators.ts";
import { settleFamilies } from "./service-families.ts";

type Spec = NonNullable<Service["spec"]>;

/** Services: cluster addresses and node ports are allocated with the write and given back with it. */
export function services(allocators: ServiceAllocators): Strategy<Service> {
  return {
    prepareCreate(service, admission) {
      allocate(service, { allocators, admission });
    },
    prepareUpdate({ next, current }, admission) {
      allocate(next, { allocators, admission, current });
      admission.onCommit(() => releaseRest(current, { allocators, kept: next }));
    },
    release: (service) => releaseRest(service, { allocators }),
  };
}

interface Allocation {
  readonly allocators: ServiceAllocators;
  readonly admission: Admission;
  /** What the service had before counts as its own. */
  readonly current?: Service;
}

function allocate(service: Service, allocation: Allocation): void {
  const { spec } = service;
  if (!spec) return;
  const errors: FieldError[] = [];
  if (spec.type === "ExternalName") {
    // what else is said of addresses is refused by validation
    if (!spec.clusterIP) delete spec.clusterIP;
  } else {
    errors.push(...settleFamilies(spec));
    if (errors.length === 0) allocateAddress(spec, allocation, errors);
  }
  allocatePorts(spec, allocation, errors);
  allocateHealthCheck(spec, allocation, errors);
  if (errors.length > 0) {
    throw invalidObject({ resource: SERVICES, name: service.metadata?.name ?? "" }, errors);
  }
}

function allocateAddress(spec: Spec, allocation: Allocation, errors: FieldError[]): void {
  const { allocators, admission, current } = allocation;
  spec.clusterIP ??= spec.clusterIPs?.[0] ?? "";
  if (spec.clusterIP === "") {
    const address = allocators.anyAddress();
    if (address === undefined) {
      throw internalError("failed to allocate a serviceIP", new Error("range is full"));
    }
    admission.onRollback(() => allocators.releaseAddress(address));
    spec.clusterIP = address;
  } else if (spec.clusterIP !== "None" && spec.clusterIP !== current?.spec?.clusterIP) {
    takeAddress(spec.clusterIP, allocation, errors);
  }
  spec.clusterIPs = [spec.clusterIP];
}

function takeAddress(address: string, allocation: Allocation, errors: FieldError[]): void {
  const { allocators, admission } = allocation;
  const value = [address];
  // what is no address at all is refused by validation, in its own words
  if (readIp(address) === undefined) return;
  if (!allocators.contains(address)) {
    const detail = `failed to allocate IP ${address}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${allocators.cidr}`;
    errors.push(invalid("spec.clusterIPs", { value, detail }));
  } else if (allocators.takeAddress(address)) {
    admission.onRollback(() => allocators.releaseAddress(address));
  } else {
    const detail = `failed to allocate IP ${address}: provided IP is already allocated`;
    errors.push(invalid("spec.clusterIPs", { value, detail }));
  }
}

function allocatePorts(spec: Spec, allocation: Allocation, errors: FieldError[]): void {
  const { type, allocateLoadBalancerNodePorts = true, ports = [] } = spec;
  if (type !== "NodePort" && type !== "LoadBalancer") return;
  const wanted = type === "NodePort" || allocateLoadBalancerNodePorts;
  const before = allocation.current?.spec?.ports ?? [];
  const own = new Set(before.flatMap(({ nodePort }) => nodePort ?? []));
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}].nodePort`;
    if (port.nodePort) takePort({ port: port.nodePort, field, own }, allocation, errors);
    else if (wanted) port.nodePort = anyPort(allocation);
    // One number serves several protocols of one service; validation refuses it twice for one.
    if (port.nodePort) own.add(port.nodePort);
  }
}

/** The port where a load balancer asks a node whether it has an endpoint. */
function allocateHealthCheck(spec: Spec, allocation: Allocation, errors: FieldError[]): void {
  if (!needsHealthCheck(spec)) return;
  const { healthCheckNodePort: port } = spec;
  if (!port) {
    spec.healthCheckNodePort = anyPort(allocation);
    return;
  }
  const { current } = allocation;
  if (current?.spec?.healthCheckNodePort && needsHealthCheck(current.spec)) return;
  const own: ReadonlySet<number> = new Set();
  takePort({ port, field: "spec.healthCheckNodePort", own }, allocation, errors);
}

function anyPort({ allocators, admission }: Allocation): number {
  const port = allocators.anyPort();
  if (port === undefined) {
    throw internalError("failed to allocate a nodePort", new Error("range is full"));
  }
  admission.onRollback(() => allocators.releasePort(port));
  return port;
}

function takePort(
  { port, field, own }: { port: number; field: string; own: ReadonlySet<number> },
  { allocators, admission }: Allocation,
  errors: FieldError[],
): void {
  if (own.has(port)) return;
  if (!allocators.isNodePort(port)) {
    const detail =
      "provided port is not in the valid range. The range of valid ports is 30000-32767";
    errors.push(invalid(field, { value: port, detail }));
  } else if (allocators.takePort(port)) {
    admission.onRollback(() => allocators.releasePort(port));
  } else {
    errors.push(invalid(field, { value: port, detail: "provided port is already allocated" }));
  }
}

function releaseRest(
  service: Service,
  { allocators, kept }: { allocators: ServiceAllocators; kept?: Service },
): void {
  const keptAddresses = kept?.spec?.clusterIPs ?? [];
  for (const address of service.spec?.clusterIPs ?? []) {
    if (!keptAddresses.includes(address)) allocators.releaseAddress(address);
  }
  const keptPorts = new Set(kept === undefined ? [] : nodePortsOf(kept));
  for (const port of nodePortsOf(service)) {
    if (!keptPorts.has(port)) allocators.releasePort(port);
  }
}
