import { posix } from "node:path";
import type { ObjectStore } from "#db/object-store.ts";
import { type ServiceEndpoint, serviceEndpoint } from "../service-endpoint.ts";

/** Where a webhook is, and whom it is believed, as configurations and definitions say it. */
export interface ClientConfig {
  readonly url?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  };
  /** Base64 of PEM. */
  readonly caBundle?: string;
}

/** Where a webhook is. */
export interface Endpoint {
  /** What is asked for: its host is the name on the certificate. */
  readonly url: URL;
  /** `host:port` to dial where that is not the URL's; may fail for what the cluster lacks. */
  resolve(): string | undefined;
}

const HTTPS_PORT = 443;

/** @throws Error for a configuration that names no place. */
export function endpointOf(store: ObjectStore, { url, service }: ClientConfig): Endpoint {
  if (service === undefined) {
    if (!url) throw new Error("webhook configuration must have either service or URL");
    const parsed = new URL(url);
    if (parsed.protocol !== "https:") throw new Error(`${url} is not https`);
    parsed.pathname = joined(parsed.pathname);
    return { url: parsed, resolve: () => undefined };
  }
  const { name, namespace, path = "", port = HTTPS_PORT } = service;
  const place = { namespace, name, port };
  const target = new URL(`https://${name}.${namespace}.svc:${port}`);
  target.pathname = joined(path);
  return { url: target, resolve: () => dialled(serviceEndpoint(store, place)) };
}

/** As Go's `path.Join` leaves it, which client-go makes paths with: no `//`, no `..`, no `/` at the end. */
function joined(path: string): string {
  return posix.join("/", path).replace(/(?<=.)\/$/, "");
}

function dialled({ host, port }: ServiceEndpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
