import type { APIService } from "#api/object.ts";
import { SERVICES } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { rfc3339 } from "#lib/clock.ts";
import { visibleOf } from "../kind.ts";
import { readyAddresses, slicesOf } from "../service-endpoint.ts";
import type { RemoteService } from "./remote-api.ts";

/** Whether an API can be had, and why not (kube-aggregator's `remote_available_controller`). */
export interface Availability {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

export const PASSED: Availability = {
  status: "True",
  reason: "Passed",
  message: "all checks passed",
};

/** The reason of those that may be asked again soon. */
export const FAILED_DISCOVERY = "FailedDiscoveryCheck";

/** Why no request can reach a Service; `undefined` where one may. */
export function unreachable(store: ObjectStore, service: RemoteService): Availability | undefined {
  const { namespace, name, port } = service;
  const which = `service/${name} in ${JSON.stringify(namespace)}`;
  const found = visibleOf(store, { resource: SERVICES, namespace }, name);
  if (found === undefined) return missing("ServiceNotFound", `${which} is not present`);
  const { spec } = found;
  if (spec?.type !== "ClusterIP") return undefined;
  const own = spec.ports?.find((one) => one.port === port);
  if (own === undefined) {
    return missing("ServicePortError", `${which} is not listening on port ${port}`);
  }
  const slices = slicesOf(store, { namespace, name });
  if (slices.length === 0) {
    return missing("EndpointsNotFound", `cannot find endpointslices for ${which}`);
  }
  const portName = own.name ?? "";
  if (slices.some((slice) => readyAddresses(slice, portName).length > 0)) return undefined;
  return missing(
    "MissingEndpoints",
    `endpointslices for ${which} have no addresses with port name ${JSON.stringify(portName)}`,
  );
}

/** A server that can be reached does not say what it has. */
export function failedDiscovery(message: string): Availability {
  return missing(FAILED_DISCOVERY, message);
}

function missing(reason: string, message: string): Availability {
  return { status: "False", reason, message };
}

type Status = NonNullable<APIService["status"]>;

/** The status that says so; `undefined` where it says so already. */
export function statusWith(
  { status }: APIService,
  { availability, now }: { readonly availability: Availability; readonly now: Date },
): Status | undefined {
  const before = status?.conditions?.find(({ type }) => type === "Available");
  const { reason, message } = availability;
  const isSame = before?.status === availability.status;
  if (isSame && before.reason === reason && before.message === message) return undefined;
  const others = (status?.conditions ?? []).filter(({ type }) => type !== "Available");
  const lastTransitionTime =
    isSame && before.lastTransitionTime ? before.lastTransitionTime : rfc3339(now);
  return {
    conditions: [...others, { type: "Available", ...availability, lastTransitionTime }],
  };
}

/** Whether an APIService says that it can be had. */
export function isAvailable({ status }: APIService): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => type === "Available" && value === "True",
  );
}
