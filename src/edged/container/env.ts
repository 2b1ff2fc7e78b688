import type { Container } from "#api/object.ts";
import { allContainers } from "#api/pod.ts";
import { ContainerConfigError } from "./config-error.ts";
import { expand } from "./expand.ts";
import { fieldValue, type PodFacts, resourceValue } from "./field-ref.ts";
import { serviceEnv } from "./service-env.ts";
import { keyValues, type Sources } from "./sources.ts";

type Env = Record<string, string>;
type EnvVar = NonNullable<Container["env"]>[number];
type EnvSource = NonNullable<Container["envFrom"]>[number];

/**
 * The environment of a container: Services, then `envFrom`, then `env`, each over the one before;
 * `$(NAME)` in a value means a variable that stands before it.
 * @throws {ContainerConfigError} when something that is named does not exist.
 */
export async function containerEnv(
  facts: PodFacts,
  container: Container,
  sources: Sources,
): Promise<Env> {
  const namespace = facts.pod.metadata?.namespace ?? "";
  const links = facts.pod.spec?.enableServiceLinks ?? true;
  const services = serviceEnv(await sources.services(), { namespace, links });
  const env: Env = {};
  for (const source of container.envFrom ?? []) {
    Object.assign(env, await fromSource(source, namespace, sources));
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(variable, { facts, container, sources, env, services });
    if (value !== undefined) env[variable.name] = value;
  }
  return { ...services, ...env };
}

/** Command or arguments with their `$(NAME)` filled in. */
export function expandAll(texts: readonly string[] | undefined, env: Env): string[] | undefined {
  return texts?.map((text) => expand(text, (name) => env[name]));
}

async function fromSource(source: EnvSource, namespace: string, sources: Sources): Promise<Env> {
  const { configMapRef, secretRef, prefix = "" } = source;
  const ref = configMapRef ?? secretRef;
  if (!ref?.name) return {};
  const { name, optional } = ref;
  const kind = configMapRef ? "configMap" : "secret";
  const found = await keyValues(sources, { kind, namespace, name, optional });
  const entries = [...(found?.data ?? [])];
  return Object.fromEntries(entries.map(([key, value]) => [prefix + key, textOf(value)]));
}

interface Around {
  readonly facts: PodFacts;
  readonly container: Container;
  readonly sources: Sources;
  readonly env: Env;
  readonly services: Env;
}

async function variableValue(variable: EnvVar, around: Around): Promise<string | undefined> {
  const { facts, container, sources, env, services } = around;
  const { valueFrom, value = "" } = variable;
  if (!valueFrom) return expand(value, (name) => env[name] ?? services[name]);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef) return fieldValue(facts, fieldRef.fieldPath);
  if (resourceFieldRef) {
    const { containerName, resource, divisor } = resourceFieldRef;
    const named = allContainers(facts.pod.spec).find(({ name }) => name === containerName);
    return resourceValue(facts, {
      container: containerName ? named : container,
      resource,
      divisor,
    });
  }
  const ref = configMapKeyRef ?? secretKeyRef;
  if (!ref) throw new ContainerConfigError(`variable ${variable.name} has no known source`);
  const namespace = facts.pod.metadata?.namespace ?? "";
  const { name = "", key, optional = false } = ref;
  const kind = configMapKeyRef ? "configMap" : "secret";
  const found = await keyValues(sources, { kind, namespace, name, optional });
  const bytes = found?.data.get(key);
  if (bytes) return textOf(bytes);
  if (optional || !found) return undefined;
  throw new ContainerConfigError(`couldn't find key ${key} in ${found.title}`);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
