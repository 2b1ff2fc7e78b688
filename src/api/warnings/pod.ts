import type { Container, ObjectMeta, PodSpec, PodTemplateSpec } from "../object.ts";
import { containersAt } from "../pod.ts";
import { APP_ARMOR, SECCOMP_CONTAINER, SECCOMP_POD } from "../profile-annotations.ts";
import { addressWarnings } from "./address.ts";
import { fractionWarnings } from "./amount.ts";
import { portWarnings } from "./port.ts";
import { neighbourWarnings, placementWarnings, warnEach } from "./scheduling.ts";
import { volumeWarnings } from "./volume.ts";

const BYTES = ["memory", "ephemeral-storage"] as const;
const SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';
/** What is said of an annotation of AppArmor. */
export const UNARMOURED = 'deprecated since v1.30; use the "appArmorProfile" field instead';
const SYSCTLS = 'non-functional in v1.11+; use the "sysctls" field instead';
const DEPRECATED_ANNOTATIONS = {
  "scheduler.alpha.kubernetes.io/critical-pod":
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": SYSCTLS,
  "security.alpha.kubernetes.io/unsafe-sysctls": SYSCTLS,
} as const;

type Annotations = NonNullable<ObjectMeta["annotations"]>;
type EnvVar = NonNullable<Container["env"]>[number];

/**
 * What is allowed in a pod but not wise, in Kubernetes' order. `path` is where the template lies,
 * and undefined for a pod.
 */
export function podWarnings(
  { metadata, spec = { containers: [] } }: PodTemplateSpec,
  path: string | undefined,
): string[] {
  const base = path === undefined ? "" : `${path}.`;
  const at = `${base}spec`;
  const annotations = metadata?.annotations ?? {};
  const containers = containersAt(spec, at);
  const noted = (key: string, said: string | undefined) =>
    said !== undefined && annotations[key] !== undefined
      ? [`${base}metadata.annotations[${key}]: ${said}`]
      : [];
  return [
    ...placementWarnings(spec, at),
    ...Object.entries(DEPRECATED_ANNOTATIONS).flatMap(([key, said]) => noted(key, said)),
    ...volumeWarnings(spec, at),
    ...nameWarnings(spec, at),
    ...fractionWarnings(spec.overhead, `${at}.overhead`, BYTES),
    ...(spec.securityContext?.seccompProfile === undefined ? noted(SECCOMP_POD, SECCOMP) : []),
    ...containers.flatMap(([container, where]) => [
      ...Object.entries(profileAnnotations(container, { spec, isTemplate: base !== "" })).flatMap(
        ([key, said]) => noted(key, said),
      ),
      ...containerWarnings(container, where),
    ]),
    ...portWarnings(containers),
    ...graceWarnings(spec, at),
    ...neighbourWarnings(spec, at),
    ...warnEach(spec.dnsConfig?.nameservers, `${at}.dnsConfig.nameservers`, addressWarnings),
    ...warnEach(spec.hostAliases, `${at}.hostAliases`, ({ ip }, where) =>
      addressWarnings(ip, `${where}.ip`),
    ),
  ];
}

/** Annotations of a container for which there is a field now, which is not set. */
function profileAnnotations(
  { name, securityContext }: Container,
  { spec, isTemplate }: { spec: PodSpec; isTemplate: boolean },
): Annotations {
  const said: Annotations = {};
  if (securityContext?.seccompProfile === undefined) {
    said[`${SECCOMP_CONTAINER}${name}`] = SECCOMP;
  }
  const armoured = spec.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile;
  if (isTemplate && armoured === undefined) {
    said[`${APP_ARMOR}${name}`] = UNARMOURED;
  }
  return said;
}

function containerWarnings({ resources, env = [] }: Container, path: string): string[] {
  const amounts = BYTES.flatMap((name) => [
    ...fractionWarnings(resources?.limits, `${path}.resources.limits`, [name]),
    ...fractionWarnings(resources?.requests, `${path}.resources.requests`, [name]),
  ]);
  const names = new Set<string>();
  const hidden = warnEach(env, `${path}.env`, (variable, at) => {
    const { name } = variable;
    if (names.has(name) && hides(variable)) {
      const told = JSON.stringify(name);
      return [`${at}: hides previous definition of ${told}, which may be dropped when using apply`];
    }
    names.add(name);
    return [];
  });
  return [...amounts, ...hidden];
}

/** True where a variable forgets what one of the same name before it was. */
function hides({ name, value = "", valueFrom }: EnvVar): boolean {
  const reference = `$(${name})`;
  return valueFrom !== undefined || value === reference || !value.includes(reference);
}

function nameWarnings({ hostAliases, imagePullSecrets }: PodSpec, path: string): string[] {
  const secrets = `${path}.imagePullSecrets`;
  const [ips, names] = [new Set<string>(), new Set<string>()];
  return [
    ...warnEach(hostAliases, `${path}.hostAliases`, ({ ip }, at) => {
      if (ips.has(ip)) return [`${at}.ip: duplicate ip ${JSON.stringify(ip)}`];
      ips.add(ip);
      return [];
    }),
    ...warnEach(imagePullSecrets, secrets, ({ name = "" }, at) => {
      if (names.has(name)) return [`${at}.name: duplicate name ${JSON.stringify(name)}`];
      names.add(name);
      return [];
    }),
    ...warnEach(imagePullSecrets, secrets, ({ name = "" }, at) =>
      name === "" ? [`${at}.name: invalid empty name ""`] : [],
    ),
  ];
}

function graceWarnings({ terminationGracePeriodSeconds }: PodSpec, path: string): string[] {
  if ((terminationGracePeriodSeconds ?? 0) >= 0) return [];
  const said = "must be >= 0; negative values are invalid and will be treated as 1";
  return [`${path}.terminationGracePeriodSeconds: ${said}`];
}
