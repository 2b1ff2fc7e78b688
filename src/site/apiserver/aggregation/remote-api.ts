import type { APIService } from "#api/object.ts";
import { API_SERVICES } from "#api/resources.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Backend } from "#serve/proxy/backend.ts";
import { serviceEndpoint } from "../service-endpoint.ts";
import type { FrontProxy } from "./front-proxy.ts";

const HTTPS_PORT = 443;
/** Whoever gave this away could not take it back. */
const OWN_GROUP = API_SERVICES.group;

/** A Service that serves a version of a group. */
export interface RemoteService {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** PEM; absent: the well-known authorities, or none at all where it is `insecure`. */
  readonly ca?: string;
  readonly insecure: boolean;
}

/** The Service of an APIService; `undefined` for one that is served here. */
export function remoteService({ spec }: APIService): RemoteService | undefined {
  const { service, group = "", version = "", caBundle, insecureSkipTLSVerify } = spec ?? {};
  if (!service || version === "" || group === "" || group === OWN_GROUP) return undefined;
  const { namespace = "", name = "", port = HTTPS_PORT } = service;
  return {
    ...{ group, version, namespace, name, port },
    ...(caBundle && { ca: Buffer.from(caBundle, "base64").toString() }),
    insecure: insecureSkipTLSVerify ?? false,
  };
}

interface Asking {
  /** Path and query. */
  readonly target: string;
  /** On whose behalf. */
  readonly user: UserInfo;
}

interface Means {
  readonly store: ObjectStore;
  readonly frontProxy: FrontProxy;
}

/**
 * Where a request to the Service goes, and how it says whom it is from.
 * @throws Error that says why there is nowhere to go.
 */
export function backendOf(
  service: RemoteService,
  { target, user }: Asking,
  { store, frontProxy }: Means,
): Backend {
  const { namespace, name, ca, insecure } = service;
  const { host, port } = serviceEndpoint(store, service);
  const { certificate, key } = frontProxy;
  const serverName = `${name}.${namespace}.svc`;
  return {
    ...{ host, port, target },
    tls: { insecure, ...(ca !== undefined && { ca }), serverName, client: { certificate, key } },
    headers: identityHeaders(user),
  };
}

/** client-go `transport.SetAuthProxyHeaders` */
function identityHeaders({ name, uid, groups, extra = {} }: UserInfo): Backend["headers"] {
  const extras = Object.entries(extra).map(
    ([key, values]) =>
      [`x-remote-extra-${encodeURIComponent(key).toLowerCase()}`, values.map(asBytes)] as const,
  );
  return {
    "x-remote-user": asBytes(name),
    ...(uid && { "x-remote-uid": asBytes(uid) }),
    ...(groups.length > 0 && { "x-remote-group": groups.map(asBytes) }),
    ...Object.fromEntries(extras),
  };
}

/** Headers carry the UTF-8 of a text as single bytes. */
const asBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
