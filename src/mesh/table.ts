import type * as objects from "#api/object.ts";
import { nameOf, namespaceOf, objectKey } from "#api/object.ts";

/** One address that answers for a port of a Service. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type Protocol = "TCP" | "UDP" | "SCTP";

export interface MeshPort {
  /** `""` where the Service has one port and no name for it. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Ready ones, in a fixed order. */
  readonly endpoints: readonly Endpoint[];
}

/** A host behind a headless Service: it has names of its own. */
export interface MeshHost {
  readonly address: string;
  readonly hostname?: string;
}

export interface MeshService {
  readonly namespace: string;
  readonly name: string;
  /** Absent for headless Services and those that only name an external one. */
  readonly clusterIP?: string;
  readonly ports: readonly MeshPort[];
  /** The hosts that are ready, each once. */
  readonly hosts: readonly MeshHost[];
  /** The name that the Service stands for (type ExternalName). */
  readonly externalName?: string;
  /** Clients keep their endpoint that long after their last connection. Absent: no affinity. */
  readonly affinityMs?: number;
}

/** Who answers where: `namespace/name` → Service. */
export type MeshTable = ReadonlyMap<string, MeshService>;

/** The label by which a slice belongs to a Service. */
const SERVICE_NAME = "kubernetes.io/service-name";
/** A Service with this label is served by somebody else's proxy (KubeEdge EdgeMesh). */
const OTHER_PROXY = "service.edgemesh.kubeedge.io/service-proxy-name";
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Joins Services with their EndpointSlices. */
export function buildTable(
  services: Iterable<objects.Service>,
  slices: Iterable<objects.EndpointSlice>,
): MeshTable {
  const slicesOf = Map.groupBy(slices, serviceOfSlice);
  const table = new Map<string, MeshService>();
  for (const service of services) {
    if (service.metadata?.labels?.[OTHER_PROXY] !== undefined) continue;
    const key = objectKey(service);
    table.set(key, joined(service, slicesOf.get(key) ?? []));
  }
  return table;
}

/** `namespace/name` of the Service that a slice belongs to. */
export function serviceOfSlice(slice: objects.EndpointSlice): string {
  const name = slice.metadata?.labels?.[SERVICE_NAME];
  return name === undefined ? "" : `${namespaceOf(slice)}/${name}`;
}

function joined(service: objects.Service, slices: readonly objects.EndpointSlice[]): MeshService {
  const { spec } = service;
  const common = { namespace: namespaceOf(service), name: nameOf(service) };
  if (spec?.type === "ExternalName") {
    return { ...common, ports: [], hosts: [], ...external(spec.externalName) };
  }
  const usable = slices.filter((slice) => slice.addressType === "IPv4");
  const admits = spec?.publishNotReadyAddresses === true ? () => true : isReady;
  const clusterIP = spec?.clusterIP;
  return {
    ...common,
    ...(clusterIP && clusterIP !== "None" && { clusterIP }),
    ports: (spec?.ports ?? []).map((port) => meshPort(port, usable, admits)),
    hosts: hostsOf(usable, admits),
    ...affinity(spec),
  };
}

function external(name: string | undefined): { externalName?: string } {
  return name === undefined ? {} : { externalName: name.replace(/\.$/, "") };
}

function affinity(spec: objects.Service["spec"]): { affinityMs?: number } {
  if (spec?.sessionAffinity !== "ClientIP") return {};
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS;
  return { affinityMs: seconds * 1000 };
}

type SliceEndpoint = NonNullable<objects.EndpointSlice["endpoints"]>[number];

/** An absent condition means ready (discovery/v1 EndpointConditions). */
function isReady({ conditions }: SliceEndpoint): boolean {
  return conditions?.ready ?? true;
}

/**
 * The port of a slice that carries the Service port's name has the number that pods listen on:
 * a target port that is a name was resolved per pod by whoever wrote the slice.
 */
function meshPort(
  port: objects.ServicePort,
  slices: readonly objects.EndpointSlice[],
  admits: (endpoint: SliceEndpoint) => boolean,
): MeshPort {
  const name = port.name ?? "";
  const protocol = protocolOf(port.protocol);
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    const target = slice.ports?.find(
      (one) => (one.name ?? "") === name && protocolOf(one.protocol) === protocol,
    )?.port;
    if (target === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      if (!admits(endpoint)) continue;
      // Kubernetes: all addresses of an endpoint are the same one; consumers use the first.
      const [address] = endpoint.addresses;
      if (address !== undefined) found.set(`${address}:${target}`, { address, port: target });
    }
  }
  const endpoints = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  return { name, protocol, port: port.port, endpoints };
}

function hostsOf(
  slices: readonly objects.EndpointSlice[],
  admits: (endpoint: SliceEndpoint) => boolean,
): readonly MeshHost[] {
  const hosts = new Map<string, MeshHost>();
  for (const endpoint of slices.flatMap((slice) => slice.endpoints ?? [])) {
    const [address] = endpoint.addresses;
    if (address === undefined || !admits(endpoint)) continue;
    const { hostname } = endpoint;
    hosts.set(address, hostname === undefined ? { address } : { address, hostname });
  }
  return [...hosts.values()].toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

function protocolOf(text: string | undefined): Protocol {
  return text === "UDP" || text === "SCTP" ? text : "TCP";
}
