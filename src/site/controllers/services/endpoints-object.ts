import type { Endpoints, Service } from "#api/object.ts";
import { repackSubsets } from "#api/repack-subsets.ts";
import {
  type Backend,
  byPorts,
  isHeadless,
  type TargetPort,
  targetRefOf,
} from "./service-endpoints.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];

/** Kubernetes truncates beyond; EndpointSlices hold them all. */
const MAX_ADDRESSES = 1000;
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
export const MANAGED_BY_LABEL = "endpoints.kubernetes.io/managed-by";
export const MANAGER = "endpoint-controller";
const HEADLESS = "service.kubernetes.io/headless";

/** The Endpoints of a Service, on top of what others wrote to the ones it has. */
export function endpointsObject(
  service: Service,
  backends: readonly Backend[],
  current: Endpoints | undefined,
): Endpoints {
  // A pod that is ending is gone from Endpoints, unless the Service wants to see everybody.
  const shown = backends.filter(({ ready, terminating }) => ready || !terminating);
  const subsets = subsetsOf(service, shown.slice(0, MAX_ADDRESSES));
  const { [OVER_CAPACITY]: _over, ...annotations } = current?.metadata?.annotations ?? {};
  if (shown.length > MAX_ADDRESSES) annotations[OVER_CAPACITY] = "truncated";
  const { annotations: _annotations, ...metadata } = current?.metadata ?? {
    name: service.metadata?.name ?? "",
    namespace: service.metadata?.namespace ?? "",
  };
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      ...metadata,
      labels: {
        ...service.metadata?.labels,
        [MANAGED_BY_LABEL]: MANAGER,
        ...(isHeadless(service) && { [HEADLESS]: "" }),
      },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    ...(subsets.length > 0 && { subsets }),
  };
}

/** As they are kept, so that equal endpoints make equal objects. */
function subsetsOf(service: Service, backends: readonly Backend[]): Subset[] {
  const subsets: Subset[] = [];
  for (const [key, group] of byPorts(backends)) {
    const portless = key === "[]";
    if (portless && !(isHeadless(service) && (service.spec?.ports ?? []).length === 0)) continue;
    const addresses = group.filter(({ ready }) => ready).map(addressOf);
    const notReady = group.filter(({ ready }) => !ready).map(addressOf);
    subsets.push({
      ...(addresses.length > 0 && { addresses }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady }),
      ...(!portless && { ports: (group[0]?.ports ?? []).map(portOf) }),
    });
  }
  return repackSubsets(subsets);
}

function addressOf({ address, hostname, pod }: Backend): Address {
  const nodeName = pod.spec?.nodeName;
  return {
    ip: address,
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    targetRef: targetRefOf(pod),
  };
}

/** A Service's only port may have no name, and Go leaves empty ones out. */
function portOf({ name, ...port }: TargetPort) {
  return name === "" ? port : { name, ...port };
}
