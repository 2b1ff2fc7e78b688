import type { EndpointSlice, Service } from "#api/object.ts";
import { ENDPOINT_SLICES, SERVICES } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf, keyOf } from "../../kind.ts";
import type { ClientConfig } from "./hook.ts";

/** Where a webhook is. */
export interface Endpoint {
  /** What is asked for: its host is the name on the certificate. */
  readonly url: URL;
  /** `host:port` to dial where that is not the URL's; may fail for what the cluster lacks. */
  resolve(): string | undefined;
}

const HTTPS_PORT = 443;
const SERVICE_NAME = "kubernetes.io/service-name";

/** @throws Error for a configuration that names no place. */
export function endpointOf(store: ObjectStore, { url, service }: ClientConfig): Endpoint {
  if (service === undefined) {
    if (!url) throw new Error("webhook configuration must have either service or URL");
    const parsed = new URL(url);
    if (parsed.protocol !== "https:") throw new Error(`${url} is not https`);
    return { url: parsed, resolve: () => undefined };
  }
  const { name, namespace, path = "", port = HTTPS_PORT } = service;
  const place = { namespace, name, port };
  const target = new URL(`https://${name}.${namespace}.svc:${port}`);
  target.pathname = path;
  return { url: target, resolve: () => addressOf(store, place) };
}

interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/**
 * A ready endpoint of the Service. One without slices is dialled where everybody does: at its
 * cluster address, or under its external name.
 */
function addressOf(store: ObjectStore, { namespace, name, port }: ServicePlace): string {
  const item = store.get(keyOf({ resource: SERVICES, namespace }, name));
  if (item === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const { spec } = itemOf(SERVICES, item).value;
  if (spec?.type === "ExternalName") return `${spec.externalName}:${port}`;
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
  return `${hostOf(spec.clusterIP)}:${own.port}`;
}

function portOf(spec: Service["spec"], { name, port }: { name: string; port: number }) {
  const found = spec?.ports?.find((one) => one.port === port);
  if (found !== undefined) return found;
  throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
}

function slicesOf(
  store: ObjectStore,
  { namespace, name }: { namespace: string; name: string },
): readonly EndpointSlice[] {
  return store
    .list(collectionOf(ENDPOINT_SLICES), namespace)
    .items.map((item) => itemOf(ENDPOINT_SLICES, item).value)
    .filter(({ metadata }) => metadata?.labels?.[SERVICE_NAME] === name);
}

function readyAddresses({ endpoints = [], ports = [] }: EndpointSlice, name: string): string[] {
  const port = ports.find((one) => (one.name ?? "") === name)?.port;
  if (port === undefined) return [];
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.map((address) => `${hostOf(address)}:${port}`));
}

const hostOf = (address: string): string => (address.includes(":") ? `[${address}]` : address);
