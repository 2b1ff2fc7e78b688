import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  required,
  tooLong,
} from "../field-error.ts";
import { validateLabels } from "../metadata.ts";
import {
  dns1123Subdomain,
  dns1123SubdomainWithUnderscore,
  inRange,
  qualifiedName,
} from "../names.ts";
import type { PodSpec } from "../object.ts";
import { each, formatted, oneOf, validateIp } from "./common.ts";
import { validateContainers } from "./container.ts";
import { validateFileVolumes } from "./env.ts";
import { validateEphemeralContainers } from "./ephemeral-containers.ts";
import { validatePodResources } from "./pod-resources.ts";
import { claimNames, validateClaims } from "./resource-claims.ts";
import { validateAmount } from "./resources.ts";
import { validateAffinity, validateTolerations } from "./scheduling.ts";
import { validateHostUsers, validatePodContext } from "./security.ts";
import { validateSystem } from "./system.ts";
import { validateSpread } from "./topology-spread.ts";
import { judgeVolumes } from "./volume.ts";
import { validateHostProcess } from "./windows.ts";

const MAX_INT32 = 2_147_483_647;
const HOSTNAME_MAX_BYTES = 64;
const DNS_MAX_NAMESERVERS = 3;
const DNS_MAX_SEARCHES = 32;
const DNS_MAX_SEARCH_LENGTH = 2048;
const DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"] as const;
const RESTART_POLICIES = ["Always", "OnFailure", "Never"] as const;

/** A pod is checked a little harder than a template, for which old objects stay valid. */
export type SpecOwner = "pod" | "template";

/** Errors of a pod's spec after defaulting, in the order in which Kubernetes reports them. */
export function validatePodSpec(spec: PodSpec, path: string, owner: SpecOwner): FieldError[] {
  const { volumes, errors } = judgeVolumes(spec.volumes, `${path}.volumes`);
  const {
    terminationGracePeriodSeconds: graceSeconds = 30,
    hostUsers = true,
    restartPolicy,
  } = spec;
  const claims = claimNames(spec.resourceClaims);
  const context = { volumes, claims, graceSeconds, hostUsers, restartPolicy };
  return [
    ...errors,
    ...validateClaims(spec.resourceClaims, `${path}.resourceClaims`),
    ...validateContainers(spec, path, context),
    ...validateEphemeralContainers(spec, `${path}.ephemeralContainers`, context),
    ...validatePodResources(spec, path),
    ...validateHostPortsOfHostNetwork(spec, path, owner),
    ...oneOf(`${path}.restartPolicy`, { value: spec.restartPolicy, supported: RESTART_POLICIES }),
    ...oneOf(`${path}.dnsPolicy`, { value: spec.dnsPolicy, supported: DNS_POLICIES }),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodContext(spec, path),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateDns(spec, `${path}.dnsConfig`),
    ...each(spec.readinessGates, `${path}.readinessGates`, ({ conditionType }, at) =>
      invalidAll(`${at}.conditionType`, {
        value: conditionType ?? "",
        details: qualifiedName(conditionType ?? ""),
      }),
    ),
    ...validateGates(spec, `${path}.schedulingGates`),
    ...validateSpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`),
    ...validateHostProcess(spec, path),
    ...validateHostUsers(spec, path),
    ...validateHostname(spec, `${path}.hostnameOverride`),
    ...validateReferences(spec, path),
    ...validateTimes(spec, path),
    ...validateNames(spec, path),
    ...validateTolerations(spec.tolerations, `${path}.tolerations`),
    ...validateHostAliases(spec, `${path}.hostAliases`),
    ...validateClass(spec, path),
    ...validateFileVolumes(spec, path),
  ];
}

function validateHostPortsOfHostNetwork(
  { hostNetwork, containers }: PodSpec,
  path: string,
  owner: SpecOwner,
): FieldError[] {
  if (!hostNetwork) return [];
  return each(containers, `${path}.containers`, ({ ports }, at) =>
    each(ports, `${at}.ports`, ({ containerPort, hostPort = 0 }, port) => {
      if (hostPort === containerPort || (owner === "template" && hostPort === 0)) return [];
      const detail = "must match `containerPort` when `hostNetwork` is true";
      return [invalid(`${port}.hostPort`, { value: hostPort, detail })];
    }),
  );
}

function validateGates({ schedulingGates }: PodSpec, path: string): FieldError[] {
  const names = new Set<string>();
  return each(schedulingGates, path, ({ name }, at) => {
    const errors = invalidAll(at, { value: name ?? "", details: qualifiedName(name ?? "") });
    if (names.has(name)) errors.push(duplicate(at, name));
    names.add(name);
    return errors;
  });
}

/** A domain to search in; other than names of objects it may have underscores, or be the root. */
function validateSearch(search: string, path: string): FieldError[] {
  if (search === ".") return [];
  const value = search.replace(/\.$/, "");
  return invalidAll(path, { value, details: dns1123SubdomainWithUnderscore(value) });
}

/** What a pod calls itself instead of its name. */
function validateHostname(spec: PodSpec, path: string): FieldError[] {
  const { hostnameOverride: value, setHostnameAsFQDN, hostNetwork } = spec;
  if (value === undefined) return [];
  const errors: FieldError[] = [];
  if (setHostnameAsFQDN) {
    errors.push(forbidden(path, "may not be specified when setHostnameAsFQDN is true"));
  }
  if (hostNetwork) errors.push(forbidden(path, "may not be specified when hostNetwork is true"));
  if (value.length > HOSTNAME_MAX_BYTES) errors.push(tooLong(path, HOSTNAME_MAX_BYTES));
  return [...errors, ...invalidAll(path, { value, details: dns1123Subdomain(value) })];
}

function validateDns({ dnsConfig, dnsPolicy }: PodSpec, path: string): FieldError[] {
  const { nameservers = [], searches = [], options } = dnsConfig ?? {};
  if (dnsPolicy === "None" && dnsConfig === undefined) {
    return [required(path, "must provide `dnsConfig` when `dnsPolicy` is None")];
  }
  if (dnsPolicy === "None" && nameservers.length === 0) {
    const detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
    return [required(`${path}.nameservers`, detail)];
  }
  const errors: FieldError[] = [];
  const limit = (field: string, { value, detail }: { value: unknown; detail: string }) =>
    errors.push(
      invalid(`${path}.${field}`, { value, detail: `must not have more than ${detail}` }),
    );
  if (nameservers.length > DNS_MAX_NAMESERVERS) {
    limit("nameservers", { value: nameservers, detail: `${DNS_MAX_NAMESERVERS} nameservers` });
  }
  errors.push(...each(nameservers, `${path}.nameservers`, validateIp));
  if (searches.length > DNS_MAX_SEARCHES) {
    limit("searches", { value: searches, detail: `${DNS_MAX_SEARCHES} search paths` });
  }
  if (searches.join(" ").length > DNS_MAX_SEARCH_LENGTH) {
    const detail = `${DNS_MAX_SEARCH_LENGTH} characters (including spaces) in the search list`;
    limit("searches", { value: searches, detail });
  }
  return [
    ...errors,
    ...each(searches, `${path}.searches`, validateSearch),
    ...each(options, `${path}.options`, ({ name }, at) =>
      name ? [] : [required(at, "must not be empty")],
    ),
  ];
}

function validateReferences(spec: PodSpec, path: string): FieldError[] {
  const { serviceAccountName, nodeName } = spec;
  return [
    ...formatted(`${path}.serviceAccountName`, { value: serviceAccountName, as: "subdomain" }),
    ...formatted(`${path}.nodeName`, { value: nodeName, as: "subdomain" }),
  ];
}

function validateTimes(spec: PodSpec, path: string): FieldError[] {
  const value = spec.activeDeadlineSeconds;
  if (value === undefined) return [];
  const details = inRange(value, { low: 1, high: MAX_INT32 });
  return invalidAll(`${path}.activeDeadlineSeconds`, { value, details });
}

function validateNames({ hostname, subdomain }: PodSpec, path: string): FieldError[] {
  return [
    ...formatted(`${path}.hostname`, { value: hostname, as: "label" }),
    ...formatted(`${path}.subdomain`, { value: subdomain, as: "label" }),
  ];
}

function validateHostAliases({ hostAliases }: PodSpec, path: string): FieldError[] {
  return each(hostAliases, path, ({ ip, hostnames }, at) => [
    ...validateIp(ip, `${at}.ip`),
    ...each(hostnames, `${at}.hostnames`, (value, name) =>
      invalidAll(name, { value, details: dns1123Subdomain(value) }),
    ),
  ]);
}

function validateClass(spec: PodSpec, path: string): FieldError[] {
  const { priorityClassName, runtimeClassName, preemptionPolicy: value, overhead, os } = spec;
  const errors = [
    ...formatted(`${path}.priorityClassName`, { value: priorityClassName, as: "subdomain" }),
    ...formatted(`${path}.runtimeClassName`, { value: runtimeClassName, as: "subdomain" }),
  ];
  if (value !== undefined) {
    const supported = ["PreemptLowerPriority", "Never"];
    errors.push(...oneOf(`${path}.preemptionPolicy`, { value, supported }));
  }
  for (const [name, amount] of Object.entries(overhead ?? {})) {
    errors.push(...validateAmount(`${path}.overhead[${name}]`, { name, amount }));
  }
  return os ? [...errors, ...validateSystem(os.name, spec, path)] : errors;
}
