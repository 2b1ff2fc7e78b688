import { isDeepStrictEqual } from "node:util";
import { readIp } from "#api/ip-text.ts";
import { nilEmptyLists } from "#api/nil-lists.ts";
import type { EndpointSlice, Endpoints } from "#api/object.ts";
import { controllerReference } from "#api/ownership.ts";
import { repackSubsets } from "#api/repack-subsets.ts";
import { ENDPOINT_SLICES, ENDPOINTS } from "#api/resources.ts";
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL, type SlicePlan } from "./slice-writer.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];
type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];
type Port = NonNullable<EndpointSlice["ports"]>[number];

export const MIRROR = "endpointslicemirroring-controller.k8s.io";
const SKIP = "endpointslice.kubernetes.io/skip-mirror";
const LEADER = "control-plane.alpha.kubernetes.io/leader";
/** What a slice need not say again. */
const NOT_MIRRORED = [
  "endpoints.kubernetes.io/last-change-trigger-time",
  "kubectl.kubernetes.io/last-applied-configuration",
];

/** Kubernetes' `--mirroring-max-endpoints-per-subset`: a subset is mirrored by one slice. */
export const MAX_MIRRORED = 1000;

/** What one slice shows. */
interface Content {
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: readonly Port[];
  readonly endpoints: readonly Endpoint[];
}

/** False for Endpoints that say so, and for those that only tell who leads. */
export function isMirrored({ metadata }: Endpoints): boolean {
  return metadata?.labels?.[SKIP] !== "true" && metadata?.annotations?.[LEADER] === undefined;
}

/** What to write so that slices show what somebody wrote as Endpoints. */
export function planMirror(endpoints: Endpoints, existing: readonly EndpointSlice[]): SlicePlan {
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const kept = new Set<EndpointSlice>();
  for (const content of contentsOf(endpoints)) {
    const current = existing.find((slice) => shows(slice, content));
    const next = mirrorOf(endpoints, content, current);
    if (current === undefined) create.push(next);
    else {
      kept.add(current);
      if (!isDeepStrictEqual(next, current)) update.push(next);
    }
  }
  return { create, update, remove: existing.filter((slice) => !kept.has(slice)) };
}

/** How many of the addresses no slice shows, as a subset has too many of them. */
export function notMirrored({ subsets = [] }: Endpoints): number {
  return repackSubsets(subsets)
    .map((subset) => Math.max(0, membersOf(subset).length - MAX_MIRRORED))
    .reduce((sum, count) => sum + count, 0);
}

function shows({ addressType, ports }: EndpointSlice, content: Content): boolean {
  return addressType === content.addressType && isDeepStrictEqual(ports ?? [], content.ports);
}

function contentsOf({ subsets = [] }: Endpoints): Content[] {
  return repackSubsets(subsets).flatMap((subset) => {
    const members = membersOf(subset).slice(0, MAX_MIRRORED);
    const ports = (subset.ports ?? []).map(portOf);
    return [...Map.groupBy(members, ({ family }) => family)].map(([family, those]) => ({
      addressType: family === 6 ? ("IPv6" as const) : ("IPv4" as const),
      ports,
      endpoints: those.map(({ endpoint }) => endpoint),
    }));
  });
}

function portOf({ name = "", port, protocol = "TCP", appProtocol }: Port): Port {
  return {
    name,
    ...(port !== undefined && { port }),
    protocol,
    ...(appProtocol && { appProtocol }),
  };
}

interface Member {
  readonly family: 4 | 6;
  readonly endpoint: Endpoint;
}

function membersOf({ addresses = [], notReadyAddresses = [] }: Subset): Member[] {
  const members = (all: readonly Address[], ready: boolean): Member[] =>
    all.flatMap(({ ip, targetRef, nodeName, hostname }) => {
      const read = readIp(ip);
      if (read === undefined) return [];
      const endpoint: Endpoint = {
        addresses: [read.canonical],
        conditions: { ready },
        ...(hostname && { hostname }),
        ...(targetRef && { targetRef }),
        ...(nodeName && { nodeName }),
      };
      return [{ family: read.family, endpoint }];
    });
  return [...members(addresses, true), ...members(notReadyAddresses, false)];
}

function mirrorOf(
  owner: Endpoints,
  { addressType, ports, endpoints }: Content,
  current: EndpointSlice | undefined,
): EndpointSlice {
  const { name = "", namespace = "", labels, annotations = {} } = owner.metadata ?? {};
  const shown = Object.entries(annotations).filter(([key]) => !NOT_MIRRORED.includes(key));
  const { annotations: _, ...metadata } = current?.metadata ?? {
    generateName: `${name}-`,
    namespace,
  };
  const slice: EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      ...metadata,
      labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MIRROR },
      ...(shown.length > 0 && { annotations: Object.fromEntries(shown) }),
      ownerReferences: [controllerReference(ENDPOINTS, owner)],
    },
    addressType,
    endpoints: [...endpoints],
    ports: [...ports],
  };
  nilEmptyLists(ENDPOINT_SLICES, slice);
  return slice;
}
