import { Buffer } from "node:buffer";
import { type ConfigMap, namespaceOf, type Pod, type Secret, type Service } from "#api/object.ts";
import type { MetaClient } from "#meta/meta-client.ts";
import type { PodTokens, TokenProjection } from "../volume/pod-tokens.ts";
import { ContainerConfigError } from "./config-error.ts";

/** What pods are put together from, in one pod's namespace. */
export interface Sources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  services(): Promise<readonly Service[]>;
  token(projection: TokenProjection): Promise<string>;
}

interface Around {
  readonly meta: MetaClient;
  readonly tokens: PodTokens;
  readonly pod: Pod;
}

export function metaSources({ meta, tokens, pod }: Around, signal: AbortSignal): Sources {
  const namespace = namespaceOf(pod);
  return {
    configMap: (name) => meta.getConfigMap({ namespace, name }, signal),
    secret: (name) => meta.getSecret({ namespace, name }, signal),
    services: () => meta.listServices(signal),
    token: (projection) => tokens.get(pod, projection, signal),
  };
}

/** Values by key, and the words for an error about their home. */
export interface KeyValues {
  /** `ConfigMap ns/name` */
  readonly title: string;
  readonly data: ReadonlyMap<string, Uint8Array>;
}

interface Wanted {
  readonly kind: "configMap" | "secret";
  readonly namespace: string;
  readonly name: string;
  readonly optional?: boolean | undefined;
}

/**
 * The values of a ConfigMap or Secret; `undefined` where it is missing and may be.
 * @throws {ContainerConfigError} where it is missing and must not be.
 */
export async function keyValues(
  sources: Sources,
  { kind, namespace, name, optional = false }: Wanted,
): Promise<KeyValues | undefined> {
  const found =
    kind === "configMap" ? await configMapData(sources, name) : await secretData(sources, name);
  if (found) {
    const title = `${kind === "configMap" ? "ConfigMap" : "Secret"} ${namespace}/${name}`;
    return { title, data: found };
  }
  if (optional) return undefined;
  throw new ContainerConfigError(`${kind.toLowerCase()} "${name}" not found`);
}

async function configMapData(sources: Sources, name: string) {
  const object = await sources.configMap(name);
  if (!object) return undefined;
  const data = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(object.data ?? {})) data.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(object.binaryData ?? {})) {
    data.set(key, Buffer.from(value, "base64"));
  }
  return data;
}

async function secretData(sources: Sources, name: string) {
  const object = await sources.secret(name);
  if (!object) return undefined;
  const entries = Object.entries(object.data ?? {});
  return new Map(entries.map(([key, value]) => [key, Buffer.from(value, "base64")] as const));
}
