import { isDeepStrictEqual } from "node:util";
import { nilEmptyLists } from "#api/nil-lists.ts";
import type { EndpointSlice, Service } from "#api/object.ts";
import { controllerReference } from "#api/ownership.ts";
import { ENDPOINT_SLICES, SERVICES } from "#api/resources.ts";
import { type Backend, byPorts, isHeadless, targetRefOf } from "./service-endpoints.ts";
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL, type SlicePlan } from "./slice-writer.ts";

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

export const MANAGER = "endpointslice-controller.k8s.io";
const HEADLESS = "service.kubernetes.io/headless";

/** Kubernetes' `--max-endpoints-per-slice`. */
const MAX_ENDPOINTS = 100;

/**
 * Plans few writes: endpoints stay in the slice where they are, new ones fill slices that are
 * written anyway before others, and what does not differ is not written.
 */
export function planSlices(
  service: Service,
  backends: readonly Backend[],
  existing: readonly EndpointSlice[],
): SlicePlan {
  const groups = byPorts(backends);
  // A Service without a backend has one empty slice, which tells it from one nobody looked at.
  if (groups.size === 0) groups.set("[]", []);
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const kept = new Set<EndpointSlice>();
  for (const group of groups.values()) {
    const ports = portsOf(group[0]);
    const present = existing.filter(
      (slice) => slice.addressType === "IPv4" && samePorts(slice.ports, ports),
    );
    const filled = fill(group.map(endpointOf), present);
    for (const [slice, endpoints] of filled.kept) {
      kept.add(slice);
      const next = sliceOf(service, { ports, endpoints }, slice);
      if (!isDeepStrictEqual(next, slice)) update.push(next);
    }
    for (const endpoints of filled.fresh) create.push(sliceOf(service, { ports, endpoints }));
  }
  return { create, update, remove: existing.filter((slice) => !kept.has(slice)) };
}

interface Filled {
  readonly kept: ReadonlyMap<EndpointSlice, readonly Endpoint[]>;
  readonly fresh: readonly (readonly Endpoint[])[];
}

function fill(endpoints: readonly Endpoint[], present: readonly EndpointSlice[]): Filled {
  const waiting = new Map(endpoints.map((endpoint) => [idOf(endpoint), endpoint]));
  const kept = new Map<EndpointSlice, Endpoint[]>();
  for (const slice of present) {
    const staying: Endpoint[] = [];
    for (const { id, endpoint } of stayingIn(slice, waiting)) {
      staying.push(endpoint);
      waiting.delete(id);
    }
    if (staying.length > 0) kept.set(slice, staying);
  }
  // Nothing stays anywhere: the first slice is used again rather than replaced.
  const [first] = present;
  if (kept.size === 0 && first) kept.set(first, []);
  const newcomers = [...waiting.values()];
  for (const slice of kept.values())
    slice.push(...newcomers.splice(0, MAX_ENDPOINTS - slice.length));
  const fresh: Endpoint[][] = [];
  while (newcomers.length > 0) fresh.push(newcomers.splice(0, MAX_ENDPOINTS));
  if (kept.size === 0 && fresh.length === 0) fresh.push([]);
  return { kept, fresh };
}

function stayingIn(slice: EndpointSlice, waiting: ReadonlyMap<string, Endpoint>) {
  return (slice.endpoints ?? []).flatMap((old) => {
    const id = idOf(old);
    const endpoint = waiting.get(id);
    return endpoint === undefined ? [] : [{ id, endpoint }];
  });
}

function idOf({ targetRef, addresses }: Endpoint): string {
  return targetRef?.uid ?? addresses.join();
}

function portsOf(backend: Backend | undefined): NonNullable<EndpointSlice["ports"]> {
  return (backend?.ports ?? []).map((port) => ({ ...port }));
}

function samePorts(a: EndpointSlice["ports"], b: EndpointSlice["ports"]): boolean {
  return isDeepStrictEqual([...(a ?? [])], b);
}

function endpointOf({ pod, address, ready, serving, terminating, hostname }: Backend): Endpoint {
  const nodeName = pod.spec?.nodeName;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && { hostname }),
    targetRef: targetRefOf(pod),
    ...(nodeName !== undefined && { nodeName }),
  };
}

interface Content {
  readonly ports: NonNullable<EndpointSlice["ports"]>;
  readonly endpoints: readonly Endpoint[];
}

function sliceOf(service: Service, { ports, endpoints }: Content, current?: EndpointSlice) {
  const name = service.metadata?.name ?? "";
  const namespace = service.metadata?.namespace ?? "";
  const slice: EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      ...(current?.metadata ?? { generateName: `${name}-`, namespace }),
      labels: {
        ...service.metadata?.labels,
        [SERVICE_NAME_LABEL]: name,
        [MANAGED_BY_LABEL]: MANAGER,
        ...(isHeadless(service) && { [HEADLESS]: "" }),
      },
      ownerReferences: [controllerReference(SERVICES, service)],
    },
    addressType: "IPv4",
    endpoints: [...endpoints],
    ports,
  };
  nilEmptyLists(ENDPOINT_SLICES, slice);
  return slice;
}
