import type { EndpointSlice, Service } from "#api/object.ts";
import { ENDPOINT_SLICES, SERVICES } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf, visibleOf } from "./kind.ts";

const SERVICE_NAME = "kubernetes.io/service-name";

/** A port of a Service. */
export interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** What to dial. */
export interface ServiceEndpoint {
  /** An address without brackets, or a name. */
  readonly host: string;
  readonly port: number;
}

/**
 * A ready endpoint of the Service. One without slices is dialled where everybody does: at its
 * cluster address, or under its external name.
 * @throws Error that says what the cluster lacks.
 */
export function serviceEndpoint(
  store: ObjectStore,
  { namespace, name, port }: ServicePlace,
): ServiceEndpoint {
  const found = visibleOf(store, { resource: SERVICES, namespace }, name);
  if (found === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const { spec } = found;
  if (spec?.type === "ExternalName") return { host: spec.externalName ?? "", port };
  const own = portOf(spec, { name, port });
  const slices = slicesOf(store, { namespace, name });
  if (slices.length > 0) {
    const ready = slices.flatMap((slice) => readyAddresses(slice, own.name ?? ""));
    const picked = ready[Math.floor(Math.random() * ready.length)];
    if (picked !== undefined) return picked;
    throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
  }
  if (!spec?.clusterIP || spec.clusterIP === "None") {
    throw new Error('cannot route to service with ClusterIP "None"');
  }
  return { host: spec.clusterIP, port: own.port };
}

function portOf(spec: Service["spec"], { name, port }: { name: string; port: number }) {
  const found = spec?.ports?.find((one) => one.port === port);
  if (found !== undefined) return found;
  throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
}

/** The slices of a Service, by what they say of themselves. */
export function slicesOf(
  store: ObjectStore,
  { namespace, name }: { namespace: string; name: string },
): readonly EndpointSlice[] {
  return store
    .list(collectionOf(ENDPOINT_SLICES), namespace)
    .items.map((item) => itemOf(ENDPOINT_SLICES, item).value)
    .filter(({ metadata }) => metadata?.labels?.[SERVICE_NAME] === name);
}

/** Ready endpoints at the port of that name, which may be `""`. */
export function readyAddresses(
  { endpoints, ports }: EndpointSlice,
  name: string,
): ServiceEndpoint[] {
  const port = ports?.find((one) => (one.name ?? "") === name)?.port;
  if (port === undefined) return [];
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.map((host) => ({ host, port })));
}
