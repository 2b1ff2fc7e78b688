import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notFoundValue,
  notSupported,
  required,
} from "../field-error.ts";
import { dns1123Label, portName, portNumber } from "../names.ts";
import type { Container, PodSpec } from "../object.ts";
import { isRestartable } from "../pod.ts";
import { each, oneOf, PROTOCOLS } from "./common.ts";
import { validateEnv, validateEnvFrom } from "./env.ts";
import { validateHooksAndProbes } from "./handler.ts";
import { validateDescendingPath } from "./paths.ts";
import { validateRequirements } from "./resources.ts";
import { validateContainerContext } from "./security.ts";
import type { Volumes } from "./volume.ts";

type Port = NonNullable<Container["ports"]>[number];
type Mount = NonNullable<Container["volumeMounts"]>[number];
type Device = NonNullable<Container["volumeDevices"]>[number];

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"] as const;
const MESSAGE_POLICIES = ["File", "FallbackToLogsOnError"] as const;

/** What the containers of a pod share. */
export interface PodContext {
  readonly volumes: Volumes;
  readonly graceSeconds: number;
  /** False where the pod has users of its own. */
  readonly hostUsers: boolean;
  readonly restartPolicy: string | undefined;
}

/** Errors of a pod's containers, then those of its init containers. */
export function validateContainers(spec: PodSpec, path: string, pod: PodContext): FieldError[] {
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [required(`${path}.containers`)];
  const names = new Set<string>();
  const hostPorts = new Set<string>();
  const errors = each(containers, `${path}.containers`, (container, at) => {
    const found = validateCommon(container, at, pod);
    if (names.has(container.name)) found.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    found.push(...validateHooksAndProbes(container, at, pod.graceSeconds));
    if (container.restartPolicy !== undefined) {
      found.push(forbidden(`${at}.restartPolicy`, "may not be set for non-init containers"));
    }
    return found;
  });
  const conflicts = each(containers, `${path}.containers`, (container, at) =>
    validateHostPorts(container, at, hostPorts),
  );
  return [...errors, ...conflicts, ...validateInitContainers(spec, path, { ...pod, names })];
}

function validateInitContainers(
  spec: PodSpec,
  path: string,
  { names, ...pod }: PodContext & { names: Set<string> },
): FieldError[] {
  return each(spec.initContainers, `${path}.initContainers`, (container, at) => {
    const errors = validateCommon(container, at, pod);
    const { name, restartPolicy } = container;
    if (restartPolicy !== undefined) {
      const rule = { value: restartPolicy, supported: ["Always"] };
      errors.push(...oneOf(`${at}.restartPolicy`, rule));
    }
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else if (name) names.add(name);
    errors.push(...validateHostPorts(container, at, new Set()));
    if (isRestartable(container)) {
      return [...errors, ...validateHooksAndProbes(container, at, pod.graceSeconds)];
    }
    for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
      if (container[field] === undefined) continue;
      const detail = "may not be set for init containers without restartPolicy=Always";
      errors.push(forbidden(`${at}.${field}`, detail));
    }
    return errors;
  });
}

/** Errors of the image of a pod's container, which a template may still name carelessly. */
export function validateImage({ image = "" }: { image?: string }, path: string): FieldError[] {
  if (image.trim() === image) return [];
  const detail = "must not have leading or trailing whitespace";
  return [invalid(`${path}.image`, { value: image, detail })];
}

/** Errors of what containers of all sorts have. */
export function validateCommon(
  container: Container,
  path: string,
  { volumes, hostUsers, restartPolicy }: PodContext,
): FieldError[] {
  const { name, image, imagePullPolicy, terminationMessagePolicy } = container;
  const errors = name
    ? invalidAll(`${path}.name`, { value: name, details: dns1123Label(name) })
    : [required(`${path}.name`)];
  if (!image) errors.push(required(`${path}.image`));
  return [
    ...errors,
    ...oneOf(`${path}.terminationMessagePolicy`, {
      value: terminationMessagePolicy,
      supported: MESSAGE_POLICIES,
    }),
    ...validatePorts(container.ports, `${path}.ports`),
    ...validateEnv(container.env, `${path}.env`),
    ...validateEnvFrom(container.envFrom, `${path}.envFrom`),
    ...validateMounts(container, `${path}.volumeMounts`, volumes),
    ...validateDevices(container, `${path}.volumeDevices`, volumes),
    ...oneOf(`${path}.imagePullPolicy`, { value: imagePullPolicy, supported: PULL_POLICIES }),
    ...validateRequirements(container.resources, `${path}.resources`),
    ...validateResizePolicy(container.resizePolicy, `${path}.resizePolicy`, restartPolicy),
    ...validateContainerContext(container.securityContext, `${path}.securityContext`, hostUsers),
  ];
}

function validatePorts(ports: readonly Port[] | undefined, path: string): FieldError[] {
  const names = new Set<string>();
  return each(ports, path, ({ name, containerPort, hostPort, protocol }, at) => {
    const errors: FieldError[] = [];
    if (name) {
      const details = portName(name);
      errors.push(...invalidAll(`${at}.name`, { value: name, details }));
      if (details.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if (!containerPort) errors.push(required(`${at}.containerPort`));
    for (const [field, value] of Object.entries({ containerPort, hostPort })) {
      if (!value) continue;
      errors.push(...invalidAll(`${at}.${field}`, { value, details: portNumber(value) }));
    }
    errors.push(...oneOf(`${at}.protocol`, { value: protocol, supported: PROTOCOLS }));
    return errors;
  });
}

function validateHostPorts({ ports }: Container, path: string, taken: Set<string>): FieldError[] {
  return each(ports, `${path}.ports`, ({ hostPort, hostIP = "", protocol }, at) => {
    if (!hostPort) return [];
    const id = `${protocol}/${hostIP}/${hostPort}`;
    if (taken.has(id)) return [duplicate(`${at}.hostPort`, id)];
    taken.add(id);
    return [];
  });
}

function validateMounts(container: Container, path: string, volumes: Volumes): FieldError[] {
  const paths = new Set<string>();
  const devices = container.volumeDevices ?? [];
  return each(container.volumeMounts, path, (mount, at) => {
    const { name, mountPath } = mount;
    const errors: FieldError[] = name ? [] : [required(`${at}.name`)];
    if (!volumes.has(name)) errors.push(notFoundValue(`${at}.name`, name));
    if (!mountPath) errors.push(required(`${at}.mountPath`));
    if (paths.has(mountPath)) {
      errors.push(invalid(`${at}.mountPath`, { value: mountPath, detail: "must be unique" }));
    }
    paths.add(mountPath);
    if (devices.some((device) => device.name === name)) {
      const detail = "must not already exist in volumeDevices";
      errors.push(invalid(`${at}.name`, { value: name, detail }));
    }
    if (devices.some(({ devicePath }) => devicePath === mountPath)) {
      const detail = "must not already exist as a path in volumeDevices";
      errors.push(invalid(`${at}.mountPath`, { value: mountPath, detail }));
    }
    return [
      ...errors,
      ...validateSubPath(mount, at),
      ...validatePropagation(mount, at, container),
      ...validateRecursion(mount, `${at}.recursiveReadOnly`),
    ];
  });
}

function validateSubPath({ subPath, subPathExpr }: Mount, path: string): FieldError[] {
  const errors = subPath ? validateDescendingPath(subPath, `${path}.subPath`) : [];
  if (!subPathExpr) return errors;
  if (subPath) {
    const detail = "subPathExpr and subPath are mutually exclusive";
    errors.push(invalid(`${path}.subPathExpr`, { value: subPathExpr, detail }));
  }
  return [...errors, ...validateDescendingPath(subPathExpr, `${path}.subPathExpr`)];
}

function validatePropagation(
  { mountPropagation: value }: Mount,
  path: string,
  { securityContext }: Container,
): FieldError[] {
  if (value === undefined) return [];
  const supported = ["Bidirectional", "HostToContainer", "None"];
  const errors = oneOf(`${path}.mountPropagation`, { value, supported });
  if (value === "Bidirectional" && !securityContext?.privileged) {
    const detail = "Bidirectional mount propagation is available only to privileged containers";
    errors.push(forbidden(`${path}.mountPropagation`, detail));
  }
  return errors;
}

function validateRecursion(mount: Mount, path: string): FieldError[] {
  const { recursiveReadOnly: value, readOnly, mountPropagation = "None" } = mount;
  if (value === undefined || value === "Disabled") return [];
  if (value !== "Enabled" && value !== "IfPossible") {
    return [notSupported(path, { value, supported: ["Disabled", "Enabled", "IfPossible"] })];
  }
  const errors = readOnly ? [] : [forbidden(path, "may only be specified when readOnly is true")];
  if (mountPropagation === "None") return errors;
  const detail = "may only be specified when mountPropagation is None or not specified";
  return [...errors, forbidden(path, detail)];
}

/** A volume is a directory of a container or a device of it. */
function validateNotMounted(
  { name, devicePath }: Device,
  path: string,
  { volumeMounts = [] }: Container,
): FieldError[] {
  const errors: FieldError[] = [];
  if (volumeMounts.some((mount) => mount.name === name)) {
    const detail = "must not already exist in volumeMounts";
    errors.push(invalid(`${path}.name`, { value: name, detail }));
  }
  if (volumeMounts.some(({ mountPath }) => mountPath === devicePath)) {
    const detail = "must not already exist as a path in volumeMounts";
    errors.push(invalid(`${path}.devicePath`, { value: devicePath, detail }));
  }
  return errors;
}

/** Errors of what a change of its resources does to a container. */
function validateResizePolicy(
  policies: Container["resizePolicy"],
  path: string,
  podRestart: string | undefined,
): FieldError[] {
  const names = new Set<string>();
  return each(policies, path, ({ resourceName, restartPolicy: value }, at) => {
    const errors = names.has(resourceName) ? [duplicate(at, resourceName)] : [];
    names.add(resourceName);
    errors.push(
      ...oneOf(path, { value: resourceName, supported: ["cpu", "memory"] }),
      ...oneOf(path, { value, supported: ["NotRequired", "RestartContainer"] }),
    );
    if (podRestart !== "Never" || value !== "RestartContainer") return errors;
    const detail = "must be 'NotRequired' when `restartPolicy` is 'Never'";
    return [...errors, invalid(path, { value, detail })];
  });
}

function validateDevices(container: Container, path: string, volumes: Volumes): FieldError[] {
  const names = new Set<string>();
  const paths = new Set<string>();
  return each(container.volumeDevices, path, (device: Device, at) => {
    const { name, devicePath } = device;
    const errors: FieldError[] = name ? [] : [required(`${at}.name`)];
    const volume = volumes.get(name);
    if (names.has(name))
      errors.push(invalid(`${at}.name`, { value: name, detail: "must be unique" }));
    if (volume === undefined) errors.push(notFoundValue(`${at}.name`, name));
    else if (!(volume.persistentVolumeClaim || volume.ephemeral)) {
      const detail =
        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
      errors.push(invalid(`${at}.name`, { value: name, detail }));
    }
    if (!devicePath) errors.push(required(`${at}.devicePath`));
    if (paths.has(devicePath)) {
      errors.push(invalid(`${at}.devicePath`, { value: devicePath, detail: "must be unique" }));
    }
    if (devicePath?.split("/").includes("..")) {
      const detail = "can not contain backsteps ('..')";
      errors.push(invalid(`${at}.devicePath`, { value: devicePath, detail }));
    }
    names.add(name);
    paths.add(devicePath);
    return [...errors, ...validateNotMounted(device, at, container)];
  });
}
