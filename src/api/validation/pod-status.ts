import {
  duplicate,
  type FieldError,
  forbidden,
  immutable,
  invalid,
  invalidAll,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { readIp } from "../ip-text.ts";
import { dns1123Subdomain, qualifiedName, userId } from "../names.ts";
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from "../object.ts";
import { each, validateIp } from "./common.ts";
import { validatePodAnnotationsUpdate } from "./pod-annotations.ts";
import { validateDevices, validateExtendedClaim } from "./pod-devices.ts";

const SYSTEM_CONDITIONS: readonly string[] = ["PodScheduled", "Ready", "Initialized"];
const NOT_NEGATIVE = "must be a non-negative integer";

/** Errors of what a node says of a pod. */
export function validatePodStatus(next: Pod, current: Pod): FieldError[] {
  const [status, before] = [next.status ?? {}, current.status ?? {}];
  const spec = current.spec ?? { containers: [] };
  return [
    ...validatePodAnnotationsUpdate(next, current, "metadata.annotations"),
    ...each(status.conditions, "status.conditions", validateCondition),
    ...validateNomination(status, current),
    ...notNegative(status.observedGeneration, "status.observedGeneration"),
    ...immutable("status.qosClass", { next: status.qosClass, current: before.qosClass }),
    ...validateEnds({ status, before, spec }),
    ...validateClaims(status, spec),
    ...validateExtendedClaim(status, spec),
    ...validateIps(status.podIPs, before.podIPs, "status.podIPs"),
    ...validateHostIps(status, before),
    ...(
      ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const
    ).flatMap((list) =>
      each(status[list], `status.${list}`, (one, at) => validateUser(one, at, spec)),
    ),
    ...validateDevices(status, spec),
  ];
}

function notNegative(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(path, { value, detail: NOT_NEGATIVE })] : [];
}

type Condition = NonNullable<PodStatus["conditions"]>[number];

/** The path of the type is Kubernetes' own slip. */
function validateCondition({ type, observedGeneration }: Condition, path: string): FieldError[] {
  const errors = notNegative(observedGeneration, `${path}.observedGeneration`);
  if (SYSTEM_CONDITIONS.includes(type)) return errors;
  const value = type ?? "";
  return [...errors, ...invalidAll(`${path}.Type`, { value, details: qualifiedName(value) })];
}

function validateNomination({ nominatedNodeName: value = "" }: PodStatus, current: Pod) {
  const path = "status.nominatedNodeName";
  if (value === "" || value === current.status?.nominatedNodeName) return [];
  const errors = invalidAll(path, { value, details: dns1123Subdomain(value) });
  if (!current.spec?.nodeName) return errors;
  return [...errors, forbidden(path, "may not be set on pods that are already bound to a node")];
}

interface Change {
  readonly status: PodStatus;
  readonly before: PodStatus;
  readonly spec: PodSpec;
}

/** What has ended stays so, unless it is to be started again. */
function validateEnds({ status, before, spec }: Change): FieldError[] {
  const { containers, initContainers = [] } = spec;
  const all = [...initContainers, ...containers].some(({ restartPolicyRules = [] }) =>
    restartPolicyRules.some(({ action }) => action === "RestartAllContainers"),
  );
  const restarts = (list: readonly Container[]) => (ended: ContainerStatus) =>
    all ||
    mayRestart(
      list.find(({ name }) => name === ended.name),
      ended,
      spec,
    );
  return [
    ...reopened(status, before, { list: "containerStatuses", restarts: restarts(containers) }),
    ...reopened(status, before, {
      list: "initContainerStatuses",
      restarts: restarts(initContainers),
    }),
    ...reopened(status, before, { list: "ephemeralContainerStatuses", restarts: () => false }),
  ];
}

function reopened(
  status: PodStatus,
  before: PodStatus,
  {
    list,
    restarts,
  }: {
    list: "containerStatuses" | "initContainerStatuses" | "ephemeralContainerStatuses";
    restarts: (ended: ContainerStatus) => boolean;
  },
): FieldError[] {
  return each(before[list], `status.${list}`, (ended, at) => {
    if (ended.state?.terminated === undefined) return [];
    const now = status[list]?.find(({ name }) => name === ended.name);
    if (now === undefined || now.state?.terminated !== undefined || restarts(ended)) return [];
    return [forbidden(`${at}.state`, "may not be transitioned to non-terminated state")];
  });
}

/** Whether a container that ended is started again: by its own rules, its own policy, its pod's. */
function mayRestart(
  container: Container | undefined,
  { state }: ContainerStatus,
  { restartPolicy }: PodSpec,
): boolean {
  if (container === undefined) return false;
  const code = state?.terminated?.exitCode ?? 0;
  const own = container.restartPolicy;
  const rule =
    own === undefined
      ? undefined
      : container.restartPolicyRules?.find(({ exitCodes: { operator, values = [] } = {} }) =>
          operator === "In"
            ? values.includes(code)
            : operator === "NotIn" && !values.includes(code),
        );
  if (rule !== undefined) return true;
  const policy = own ?? restartPolicy;
  return policy === "OnFailure" ? code !== 0 : policy !== "Never";
}

/** Which claims were made for the pod, each once. */
function validateClaims({ resourceClaimStatuses }: PodStatus, { resourceClaims = [] }: PodSpec) {
  const names = new Set<string>();
  return each(resourceClaimStatuses, "status.resourceClaimStatuses", (claim, at) => {
    const { name, resourceClaimName: made } = claim;
    const detail = "must match the name of an entry in `spec.resourceClaims`";
    const isKnown = resourceClaims.some((one) => one.name === name);
    const isTwice = names.has(name);
    names.add(name);
    return [
      ...(isKnown ? [] : [invalid(`${at}.name`, { value: name, detail })]),
      ...(isTwice ? [duplicate(`${at}.name`, name)] : []),
      ...(made === undefined
        ? []
        : invalidAll(`${at}.resourceClaimName`, { value: made, details: dns1123Subdomain(made) })),
    ];
  });
}

type Ips = PodStatus["podIPs"];

/** One address of each family; those that are there already may be of any spelling. */
function validateIps(ips: Ips = [], before: Ips = [], path: string): FieldError[] {
  const known = new Set(before.map(({ ip }) => ip));
  const errors = each(ips, path, ({ ip }, at) => (known.has(ip) ? [] : validateIp(ip ?? "", at)));
  if (ips.length < 2) return errors;
  const families = ips.map(({ ip }) => readIp(ip ?? "")?.family);
  const unread = families.indexOf(undefined);
  if (unread >= 0) {
    const why = `failed to check for dual stack with error:invalid IP[${unread}]: ${ips[unread]?.ip}`;
    errors.push({ reason: "InternalError", field: path, message: `Internal error: ${why}` });
  }
  if (unread < 0 && ips.length === 2 && families[0] !== families[1]) return errors;
  const value = held("io.k8s.api.core.v1.PodIP", ips);
  const detail = "may specify no more than one IP for each IP family";
  return [...errors, invalid(path, { value, detail })];
}

function validateHostIps({ hostIP = "", hostIPs = [] }: PodStatus, before: PodStatus) {
  const [first] = hostIPs;
  if (first === undefined) return [];
  const value = first.ip ?? "";
  const errors =
    value === hostIP
      ? []
      : [invalid("status.hostIPs[0].ip", { value, detail: "must be equal to `hostIP`" })];
  return [...errors, ...validateIps(hostIPs, before.hostIPs, "status.hostIPs")];
}

function validateUser({ user }: ContainerStatus, path: string, { os }: PodSpec): FieldError[] {
  const linux = user?.linux;
  const at = `${path}.user.linux`;
  if (linux === undefined) return [];
  if (os?.name === "windows") return [forbidden(at, "cannot be set for a windows pod")];
  const { uid, gid, supplementalGroups } = linux;
  return [
    ...invalidAll(`${at}.uid`, { value: uid, details: userId(uid) }),
    ...invalidAll(`${at}.gid`, { value: gid, details: userId(gid) }),
    ...each(supplementalGroups, `${at}.supplementalGroups`, (value, group) =>
      invalidAll(group, { value, details: userId(value) }),
    ),
  ];
}
