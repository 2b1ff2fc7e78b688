import { type FieldError, forbidden, required } from "../field-error.ts";
import type { Container, PodSpec } from "../object.ts";
import { each, oneOf } from "./common.ts";

const NOT_FOR_WINDOWS = {
  pod: [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
  ],
  container: [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
  ],
} as const;

/** Errors of the operating system that a pod names, and of what that system does not have. */
export function validateSystem(name: string, spec: PodSpec, path: string): FieldError[] {
  if (!name) return [required(`${path}.os.name`)];
  const errors = oneOf(`${path}.os`, { value: name, supported: ["linux", "windows"] });
  if (errors.length > 0) return errors;
  return name === "linux" ? validateLinux(spec, path) : validateWindows(spec, path);
}

function validateLinux(spec: PodSpec, path: string): FieldError[] {
  const detail = "windows options cannot be set for a linux pod";
  const check = ({ securityContext }: Pick<Container, "securityContext">, at: string) =>
    securityContext?.windowsOptions === undefined
      ? []
      : [forbidden(`${at}.securityContext.windowsOptions`, detail)];
  const context = spec.securityContext?.windowsOptions;
  return [
    ...(context === undefined ? [] : [forbidden(`${path}.securityContext.windowsOptions`, detail)]),
    ...eachContainer(spec, path, check),
  ];
}

function validateWindows(spec: PodSpec, path: string): FieldError[] {
  const detail = "cannot be set for a windows pod";
  const { hostUsers, hostPID, hostIPC, shareProcessNamespace } = spec;
  const shared = {
    hostUsers: hostUsers !== undefined,
    hostPID,
    hostIPC,
    shareProcessNamespace: shareProcessNamespace !== undefined,
  };
  return [
    ...Object.entries(shared)
      .filter(([, is]) => is)
      .map(([field]) => forbidden(`${path}.${field}`, detail)),
    ...given(spec.securityContext, NOT_FOR_WINDOWS.pod).map((field) =>
      forbidden(`${path}.securityContext.${field}`, detail),
    ),
    ...eachContainer(spec, path, ({ securityContext }, at) =>
      given(securityContext, NOT_FOR_WINDOWS.container).map((field) =>
        forbidden(`${at}.securityContext.${field}`, detail),
      ),
    ),
  ];
}

function given<K extends string>(
  context: { readonly [field in K]?: unknown } | undefined,
  fields: readonly K[],
): readonly K[] {
  return fields.filter((field) => {
    const value = context?.[field];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  });
}

function eachContainer(
  spec: PodSpec,
  path: string,
  check: (container: Pick<Container, "securityContext">, path: string) => FieldError[],
): FieldError[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((field) =>
    each(spec[field], `${path}.${field}`, check),
  );
}
