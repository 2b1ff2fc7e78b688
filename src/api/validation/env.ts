import { type FieldError, invalid, invalidAll, notSupported, required } from "../field-error.ts";
import { configKey, dns1123Subdomain, envVarName, qualifiedName } from "../names.ts";
import type { Container } from "../object.ts";
import { each } from "./common.ts";

type EnvVar = NonNullable<Container["env"]>[number];
type EnvFrom = NonNullable<Container["envFrom"]>[number];
type EnvVarSource = NonNullable<EnvVar["valueFrom"]>;
type FieldRef = NonNullable<EnvVarSource["fieldRef"]>;
type ResourceFieldRef = NonNullable<EnvVarSource["resourceFieldRef"]>;

const ENV_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
] as const;

const VOLUME_FIELDS = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
] as const;

const RESOURCE_FIELDS = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
] as const;

/** Where a field of the downward API ends up decides which fields there are. */
export type DownwardUse = "env" | "volume";

const SUBSCRIPT = /^(.*)\['(.*)'\]$/s;

/** Errors of a reference to a field of the pod itself. */
export function validateFieldRef(
  { apiVersion, fieldPath }: FieldRef,
  path: string,
  use: DownwardUse,
): FieldError[] {
  if (!apiVersion) return [required(`${path}.apiVersion`)];
  if (!fieldPath) return [required(`${path}.fieldPath`)];
  const match = SUBSCRIPT.exec(fieldPath);
  if (match !== null) {
    const [, field = "", key = ""] = match;
    if (field === "metadata.annotations") {
      return invalidAll(path, { value: key, details: qualifiedName(key.toLowerCase()) });
    }
    if (field === "metadata.labels") {
      return invalidAll(path, { value: key, details: qualifiedName(key) });
    }
    return [invalid(path, { value: field, detail: "does not support subscript" })];
  }
  const supported: readonly string[] = use === "env" ? ENV_FIELDS : VOLUME_FIELDS;
  if (supported.includes(fieldPath)) return [];
  return [notSupported(`${path}.fieldPath`, { value: fieldPath, supported })];
}

/** Errors of a reference to what a container asks for. */
export function validateResourceFieldRef(
  { resource, containerName }: ResourceFieldRef,
  path: string,
  use: DownwardUse,
): FieldError[] {
  if (use === "volume" && !containerName) return [required(`${path}.containerName`)];
  if (!resource) return [required(`${path}.resource`)];
  const supported: readonly string[] = RESOURCE_FIELDS;
  if (supported.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) return [];
  return [notSupported(`${path}.resource`, { value: resource, supported })];
}

interface KeyRef {
  readonly name?: string;
  readonly key: string;
}

function validateKeyRef({ name = "", key }: KeyRef, path: string): FieldError[] {
  const errors = invalidAll(`${path}.name`, { value: name, details: dns1123Subdomain(name) });
  if (!key) return [...errors, required(`${path}.key`)];
  return [...errors, ...invalidAll(`${path}.key`, { value: key, details: configKey(key) })];
}

function validateSource({ value, valueFrom }: EnvVar, path: string): FieldError[] {
  if (valueFrom === undefined) return [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const errors: FieldError[] = [];
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, "env"));
  if (resourceFieldRef) {
    errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, "env"));
  }
  if (configMapKeyRef) errors.push(...validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeyRef(secretKeyRef, `${path}.secretKeyRef`));
  const given = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef];
  const count = given.filter((source) => source !== undefined).length;
  const detail = sourceError(count, value ?? "");
  return detail === undefined ? errors : [...errors, invalid(path, { value: "", detail })];
}

function sourceError(count: number, value: string): string | undefined {
  if (count === 0) {
    return "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
  }
  if (value !== "") return "may not be specified when `value` is not empty";
  return count > 1 ? "may not have more than one field specified at a time" : undefined;
}

/** Errors of a container's `env`. */
export function validateEnv(env: readonly EnvVar[] | undefined, path: string): FieldError[] {
  return each(env, path, (variable, at) => {
    const { name } = variable;
    const errors = name
      ? invalidAll(`${at}.name`, { value: name, details: envVarName(name) })
      : [required(`${at}.name`)];
    return [...errors, ...validateSource(variable, `${at}.valueFrom`)];
  });
}

/** Errors of a container's `envFrom`. */
export function validateEnvFrom(
  sources: readonly EnvFrom[] | undefined,
  path: string,
): FieldError[] {
  return each(sources, path, ({ prefix, configMapRef, secretRef }, at) => {
    const errors = prefix
      ? invalidAll(`${at}.prefix`, { value: prefix, details: envVarName(prefix) })
      : [];
    if (configMapRef) errors.push(...validateRef(configMapRef, `${at}.configMapRef`));
    if (secretRef) errors.push(...validateRef(secretRef, `${at}.secretRef`));
    if (!(configMapRef || secretRef)) {
      const detail = "must specify one of: `configMapRef` or `secretRef`";
      errors.push(invalid(path, { value: "", detail }));
    } else if (configMapRef && secretRef) {
      const detail = "may not have more than one field specified at a time";
      errors.push(invalid(path, { value: "", detail }));
    }
    return errors;
  });
}

function validateRef({ name }: { name?: string }, path: string): FieldError[] {
  if (!name) return [required(`${path}.name`)];
  return invalidAll(`${path}.name`, { value: name, details: dns1123Subdomain(name) });
}
