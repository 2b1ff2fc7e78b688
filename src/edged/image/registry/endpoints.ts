import type { RegistryCredentials } from "../../runtime/types.ts";
import type { ImageReference } from "../reference.ts";
import { type HostConfig, type HostTls, type Registries, registryKey } from "./registries.ts";

/** One place that an image may be had from. */
export interface Endpoint {
  /** Ends in `/v2` or in a path of the mirror's own: without a slash. */
  readonly url: string;
  readonly repository: string;
  readonly credentials?: RegistryCredentials;
  readonly tls?: HostTls;
  /** A mirror is told whose images are asked for (containerd's `ns`). */
  readonly namespace?: string;
}

/** Where Docker Hub's images are. */
const HUB_HOST = "registry-1.docker.io";
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

/** Whether the file says anything about a registry. */
export function isConfigured(registries: Registries, { registry }: ImageReference): boolean {
  const key = registryKey(registry);
  return [registries.mirrors, registries.configs].some((map) => map.has(key) || map.has("*"));
}

/** The places of an image in the order in which they are asked: its mirrors, then the registry. */
export function endpointsOf(
  registries: Registries,
  { registry, repository }: ImageReference,
  credentials: RegistryCredentials | undefined,
): readonly Endpoint[] {
  const key = registryKey(registry);
  const mirror = registries.mirrors.get(key) ?? registries.mirrors.get("*");
  const configOf = (host: string): HostConfig | undefined =>
    registries.configs.get(registryKey(host)) ?? registries.configs.get("*");
  const own = key === "docker.io" ? HUB_HOST : registry;
  const ownTls = configOf(own)?.tls;
  const scheme = LOOPBACK.test(own) && !ownTls ? "http" : "https";
  const rewritten = mirror?.rewrites.find(({ pattern }) => pattern.test(repository));
  const mirrored = rewritten
    ? repository.replace(rewritten.pattern, rewritten.replacement)
    : repository;
  const mirrors = (mirror?.endpoints ?? []).map((text): Endpoint => {
    const { host, url } = placed(text);
    const isOwn = host === own || host === registry;
    return {
      url,
      repository: mirrored,
      ...authAndTls(configOf(host), isOwn ? credentials : undefined),
      ...(!isOwn && { namespace: key }),
    };
  });
  const itself: Endpoint = {
    url: `${scheme}://${own}/v2`,
    repository,
    ...authAndTls(configOf(own), credentials),
  };
  return [...mirrors.filter((one) => !isSame(one, itself)), itself];
}

const isSame = (one: Endpoint, other: Endpoint): boolean =>
  one.url === other.url && one.repository === other.repository;

function placed(endpoint: string): { readonly host: string; readonly url: string } {
  const { origin, host, pathname } = new URL(endpoint);
  const path = pathname.replace(/\/+$/, "");
  return { host, url: `${origin}${path === "" ? "/v2" : path}` };
}

/** A pod's own credentials come before the file's. */
function authAndTls(
  config: HostConfig | undefined,
  credentials: RegistryCredentials | undefined,
): Pick<Endpoint, "credentials" | "tls"> {
  const { auth, tls } = config ?? {};
  const { identityToken, ...rest } = auth ?? {};
  const own = auth && { ...rest, ...(identityToken && { identitytoken: identityToken }) };
  const chosen = credentials ?? own;
  return { ...(chosen && { credentials: chosen }), ...(tls && { tls }) };
}
