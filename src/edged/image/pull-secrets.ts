import type { Pod, Secret } from "#api/object.ts";
import type { Sources } from "../container/sources.ts";
import type { RegistryCredentials } from "../runtime/types.ts";
import type { ImageReference } from "./reference.ts";

interface DockerAuth {
  readonly username?: string;
  readonly password?: string;
  /** base64 of `username:password` */
  readonly auth?: string;
  readonly identitytoken?: string;
}
type DockerAuths = Readonly<Record<string, DockerAuth>>;

const DOCKER_HUB = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** What a pod's `imagePullSecrets` hold for the registry of an image; the longest match first. */
export async function credentialsFor(
  pod: Pod,
  reference: ImageReference,
  sources: Sources,
): Promise<readonly RegistryCredentials[]> {
  const found: { readonly prefix: string; readonly credentials: RegistryCredentials }[] = [];
  for (const { name } of pod.spec?.imagePullSecrets ?? []) {
    const secret = name ? await sources.secret(name) : undefined;
    if (!secret) continue; // kubelet only warns: the image may be public
    for (const [server, auth] of Object.entries(authsOf(secret))) {
      const prefix = server.replace(/^https?:\/\//, "").replace(/\/(v[12]\/?)?$/, "");
      if (matches(prefix, reference)) found.push({ prefix, credentials: decode(server, auth) });
    }
  }
  return found
    .sort((a, b) => b.prefix.length - a.prefix.length)
    .map(({ credentials }) => credentials);
}

/** `registry` or `registry/path`, with `*.` for any first label. */
function matches(prefix: string, { registry, repository }: ImageReference): boolean {
  const [host = "", ...path] = prefix.split("/");
  if (!hostMatches(host, registry)) return false;
  return path.length === 0 || `${repository}/`.startsWith(`${path.join("/")}/`);
}

function hostMatches(pattern: string, registry: string): boolean {
  if (DOCKER_HUB.includes(pattern)) return DOCKER_HUB.includes(registry);
  if (!pattern.startsWith("*.")) return pattern === registry;
  const dot = registry.indexOf(".");
  return dot > 0 && registry.slice(dot) === pattern.slice(1);
}

function decode(serveraddress: string, { auth, ...rest }: DockerAuth): RegistryCredentials {
  if (auth === undefined) return { ...rest, serveraddress };
  const [username = "", ...password] = Buffer.from(auth, "base64").toString().split(":");
  return { username, password: password.join(":"), ...rest, serveraddress };
}

function authsOf({ type, data = {} }: Secret): DockerAuths {
  const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString() || "{}";
  if (type === "kubernetes.io/dockerconfigjson") {
    const config: { auths?: DockerAuths } = JSON.parse(text(".dockerconfigjson"));
    return config.auths ?? {};
  }
  return type === "kubernetes.io/dockercfg" ? JSON.parse(text(".dockercfg")) : {};
}
