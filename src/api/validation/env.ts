import { type FieldError, invalid, invalidAll, notFoundValue, required } from "../field-error.ts";
import { configKey, dns1123Subdomain, envVarName } from "../names.ts";
import type { Container, PodSpec } from "../object.ts";
import { each, formatted } from "./common.ts";
import { validateFieldRef, validateResourceFieldRef } from "./downward.ts";
import { noBacksteps } from "./paths.ts";

type EnvVar = NonNullable<Container["env"]>[number];
type EnvFrom = NonNullable<Container["envFrom"]>[number];
type EnvVarSource = NonNullable<EnvVar["valueFrom"]>;
type FileKeyRef = NonNullable<EnvVarSource["fileKeyRef"]>;

interface KeyRef {
  readonly name?: string;
  readonly key: string;
}

function validateKeyRef({ name = "", key }: KeyRef, path: string): FieldError[] {
  const errors = invalidAll(`${path}.name`, { value: name, details: dns1123Subdomain(name) });
  if (!key) return [...errors, required(`${path}.key`)];
  return [...errors, ...invalidAll(`${path}.key`, { value: key, details: configKey(key) })];
}

function validateFileKeyRef(
  { key, volumeName, path: file }: FileKeyRef,
  path: string,
): FieldError[] {
  return [
    ...(key
      ? invalidAll(`${path}.key`, { value: key, details: envVarName(key) })
      : [required(`${path}.key`)]),
    ...(volumeName
      ? formatted(`${path}.volumeName`, { value: volumeName, as: "label" })
      : [required(`${path}.volumeName`)]),
    ...(file ? noBacksteps(file, `${path}.path`) : [required(`${path}.path`)]),
  ];
}

/** Errors of the volumes that a pod's variables are read from. */
export function validateFileVolumes(spec: PodSpec, path: string): FieldError[] {
  const lists = ["initContainers", "containers", "ephemeralContainers"] as const;
  return lists.flatMap((list) =>
    each<Pick<Container, "env">>(spec[list], `${path}.${list}`, ({ env }, container) =>
      each(env, `${container}.env`, ({ valueFrom }, at) => {
        const name = valueFrom?.fileKeyRef?.volumeName;
        if (name === undefined) return [];
        const field = `${at}.valueFrom.fileKeyRef.volumeName`;
        const volume = spec.volumes?.findLast((one) => one.name === name);
        if (volume === undefined) return [notFoundValue(field, name)];
        const detail = "referenced volume must be of type emptyDir";
        return volume.emptyDir ? [] : [invalid(field, { value: name, detail })];
      }),
    ),
  );
}

function validateSource({ value, valueFrom }: EnvVar, path: string): FieldError[] {
  if (valueFrom === undefined) return [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  const errors: FieldError[] = [];
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, "env"));
  if (resourceFieldRef) {
    errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, "env"));
  }
  if (configMapKeyRef) errors.push(...validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeyRef(secretKeyRef, `${path}.secretKeyRef`));
  if (fileKeyRef) errors.push(...validateFileKeyRef(fileKeyRef, `${path}.fileKeyRef`));
  const given = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef];
  const count = given.filter((source) => source !== undefined).length;
  const detail = sourceError(count, value ?? "");
  return detail === undefined ? errors : [...errors, invalid(path, { value: "", detail })];
}

function sourceError(count: number, value: string): string | undefined {
  if (count === 0) {
    return "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
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
