import {
  type FieldError,
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
} from "../field-error.ts";
import type { Container } from "../object.ts";
import { each } from "./common.ts";
import { validateDescendingPath } from "./paths.ts";
import type { Volumes } from "./volume.ts";

type Mount = NonNullable<Container["volumeMounts"]>[number];
type Device = NonNullable<Container["volumeDevices"]>[number];

/** Errors of where a container has its volumes. */
export function validateMounts(container: Container, path: string, volumes: Volumes): FieldError[] {
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
      ...validateSubPath(mount, { path, at }),
      ...validatePropagation(mount, path, container),
      ...validateRecursion(mount, `${path}.recursiveReadOnly`),
    ];
  });
}

/** Where `at` is not named, it is Kubernetes' own slip. */
function validateSubPath(
  { subPath, subPathExpr }: Mount,
  { path, at }: { path: string; at: string },
): FieldError[] {
  const errors = subPath ? validateDescendingPath(subPath, `${path}.subPath`) : [];
  if (!subPathExpr) return errors;
  if (subPath) {
    const detail = "subPathExpr and subPath are mutually exclusive";
    errors.push(invalid(`${at}.subPathExpr`, { value: subPathExpr, detail }));
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
  const at = `${path}.mountPropagation`;
  if (!supported.includes(value)) return [notSupported(at, { value, supported })];
  if (value === "Bidirectional" && !securityContext?.privileged) {
    const detail = "Bidirectional mount propagation is available only to privileged containers";
    return [forbidden(at, detail)];
  }
  return [];
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

/** Errors of where a container has volumes as devices. */
export function validateDevices(
  container: Container,
  path: string,
  volumes: Volumes,
): FieldError[] {
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
