import { readJson } from "../codec/json.ts";
import { jsonType } from "../codec/json-value.ts";
import { type FieldError, forbidden, invalid } from "../field-error.ts";
import type { ObjectMeta, Pod, PodSpec, PodTemplateSpec } from "../object.ts";
import { containersAt, DELETION_COST, MIRROR } from "../pod.ts";
import {
  APP_ARMOR,
  LOCALHOST,
  RUNTIME_DEFAULT,
  SECCOMP_CONTAINER,
  SECCOMP_POD,
  UNCONFINED,
} from "../profile-annotations.ts";
import { validateDescendingPath } from "./paths.ts";
import { validateTolerations } from "./scheduling.ts";

type Annotations = NonNullable<ObjectMeta["annotations"]>;
type Profile = NonNullable<NonNullable<PodSpec["securityContext"]>["seccompProfile"]>;

const TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations";
/** How seccomp's default was called before. */
const DOCKER_DEFAULT = "docker/default";

/** Errors of annotations that mean something for a pod. */
export function validatePodAnnotations(
  { metadata, spec = { containers: [] } }: PodTemplateSpec,
  path: string,
): FieldError[] {
  const { annotations = {} } = metadata ?? {};
  const { [MIRROR]: mirrored, [DELETION_COST]: cost } = annotations;
  const errors: FieldError[] = [];
  if (mirrored !== undefined && !spec.nodeName) {
    const detail = "must set spec.nodeName if mirror pod annotation is set";
    errors.push(invalid(`${path}[${MIRROR}]`, { value: mirrored, detail }));
  }
  errors.push(...validateTolerationsText(annotations[TOLERATIONS] ?? "", path));
  if (cost !== undefined && !isInt32(cost)) {
    const detail = "must be a 32bit integer";
    errors.push(invalid(`${path}[${DELETION_COST}]`, { value: cost, detail }));
  }
  return [
    ...errors,
    ...validateSeccompAnnotations(annotations, path),
    ...validateAppArmorAnnotations(annotations, spec, path),
  ];
}

/** A cost as Kubernetes reads it: nothing before the first digit but a minus. */
function isInt32(text: string): boolean {
  const value = Number(text);
  return /^(?:0|[1-9]\d*|-\d+)$/.test(text) && value >> 0 === value;
}

/** Tolerations, as pods had them before there was a field: their JSON. */
function validateTolerationsText(text: string, path: string): FieldError[] {
  if (text === "") return [];
  const fail = (detail: string) => [invalid(path, { value: TOLERATIONS, detail })];
  let value: unknown;
  try {
    ({ value } = readJson(Buffer.from(text)));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  if (Array.isArray(value)) return validateTolerations(value, `${path}.${TOLERATIONS}`);
  if (value === null) return [];
  return fail(`json: cannot unmarshal ${jsonType(value)} into Go value of type []core.Toleration`);
}

/** The path of these is Kubernetes' own slip. */
function validateSeccompAnnotations(annotations: Annotations, path: string): FieldError[] {
  const keys = Object.keys(annotations).filter((key) => key.startsWith(SECCOMP_CONTAINER));
  return [SECCOMP_POD, ...keys].flatMap((key) => {
    const value = annotations[key];
    if (value === undefined || [RUNTIME_DEFAULT, DOCKER_DEFAULT, UNCONFINED].includes(value)) {
      return [];
    }
    const at = `${path}.${key}`;
    if (value.startsWith(LOCALHOST)) {
      return validateDescendingPath(value.slice(LOCALHOST.length), at);
    }
    return [invalid(at, { value, detail: "must be a valid seccomp profile" })];
  });
}

function validateAppArmorAnnotations(
  annotations: Annotations,
  spec: PodSpec,
  path: string,
): FieldError[] {
  const names = new Set(containersAt(spec, "spec").map(([{ name }]) => name));
  return Object.entries(annotations).flatMap(([key, value]) => {
    if (!key.startsWith(APP_ARMOR)) return [];
    const at = `${path}[${key}]`;
    const name = key.slice(APP_ARMOR.length);
    const errors = names.has(name)
      ? []
      : [invalid(at, { value: name, detail: "container not found" })];
    const isProfile = ["", RUNTIME_DEFAULT, UNCONFINED].includes(value);
    if (isProfile || value.startsWith(LOCALHOST)) return errors;
    const detail = `invalid AppArmor profile name: ${JSON.stringify(value)}`;
    return [...errors, invalid(at, { value, detail })];
  });
}

/** Errors of annotations that may not come, go or change once a pod is made, and of all others. */
export function validatePodAnnotationsUpdate(next: Pod, current: Pod, path: string): FieldError[] {
  const [now, before] = [next.metadata?.annotations ?? {}, current.metadata?.annotations ?? {}];
  const refused = (key: string, what: string) => [
    ...(key.startsWith(APP_ARMOR)
      ? [forbidden(`${path}[${key}]`, `may not ${what} AppArmor annotations`)]
      : []),
    ...(key === MIRROR
      ? [forbidden(`${path}[${key}]`, `may not ${what} mirror pod annotation`)]
      : []),
  ];
  return [
    ...Object.entries(before).flatMap(([key, value]) =>
      now[key] === value ? [] : refused(key, "remove or update"),
    ),
    ...Object.keys(now).flatMap((key) => (key in before ? [] : refused(key, "add"))),
    ...validatePodAnnotations(next, path),
  ];
}

interface Told {
  readonly what: "apparmor" | "seccomp";
  readonly profile: Profile | undefined;
  readonly annotation: string | undefined;
}

/** A profile's field says what its annotation says, where there are both. */
function validateSame({ what, profile, annotation }: Told, path: string): FieldError[] {
  if (profile === undefined || annotation === undefined) return [];
  const { type, localhostProfile } = profile;
  const differs = [forbidden(`${path}.type`, `${what} type in annotation and field must match`)];
  switch (type) {
    case "Unconfined":
      return annotation === UNCONFINED ? [] : differs;
    case "RuntimeDefault": {
      const isOld = what === "seccomp" && annotation === DOCKER_DEFAULT;
      return annotation === RUNTIME_DEFAULT || isOld ? [] : differs;
    }
    case "Localhost": {
      if (!annotation.startsWith(LOCALHOST)) return differs;
      if (annotation.slice(LOCALHOST.length) === localhostProfile) return [];
      const detail = `${what} profile in annotation and field must match`;
      return [forbidden(`${path}.localhostProfile`, detail)];
    }
    default:
      return [];
  }
}

/** Errors of seccomp profiles of which field and annotation say two things. */
export function validateSeccompMatch(
  { metadata, spec = { containers: [] } }: PodTemplateSpec,
  path: string,
): FieldError[] {
  const told = (profile: Profile | undefined, key: string): Told => ({
    what: "seccomp",
    profile,
    annotation: metadata?.annotations?.[key],
  });
  const ofPod = told(spec.securityContext?.seccompProfile, SECCOMP_POD);
  return [
    ...validateSame(ofPod, `${path}.securityContext.seccompProfile`),
    ...containersAt(spec, path).flatMap(([{ name, securityContext }, at]) =>
      validateSame(
        told(securityContext?.seccompProfile, `${SECCOMP_CONTAINER}${name}`),
        `${at}.securityContext.seccompProfile`,
      ),
    ),
  ];
}

/** The same of AppArmor's, where a container without a profile has its pod's. */
export function validateAppArmorMatch(
  { metadata, spec }: PodTemplateSpec,
  path: string,
): FieldError[] {
  if (spec === undefined || spec.os?.name === "windows") return [];
  const ofPod = spec.securityContext?.appArmorProfile;
  return containersAt(spec, path).flatMap(([{ name, securityContext }, at]) =>
    validateSame(
      {
        what: "apparmor",
        profile: securityContext?.appArmorProfile ?? ofPod,
        annotation: metadata?.annotations?.[`${APP_ARMOR}${name}`],
      },
      `${at}.securityContext.appArmorProfile`,
    ),
  );
}
