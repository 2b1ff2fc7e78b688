import { isIP } from "node:net";
import { isExternallyAccessible, needsHealthCheck } from "../defaults/service.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { validateLabels } from "../metadata.ts";
import { portNumber } from "../names.ts";
import type { Service, ServicePort } from "../object.ts";
import {
  each,
  formatted,
  givenFormatted,
  oneOf,
  optionalChoice,
  PROTOCOLS,
  validateCidr,
  validateIp,
  validateNonSpecialIp,
  validatePort,
} from "./common.ts";

type Spec = NonNullable<Service["spec"]>;

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"] as const;
const POLICIES = ["Cluster", "Local"] as const;
const FAMILIES = ["IPv4", "IPv6"] as const;
const FAMILY_POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"] as const;
const TRAFFIC_DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"] as const;
const IP_MODES = ["Proxy", "VIP"];
const AFFINITY_MAX_SECONDS = 86_400;
const KUBELET_PORT = 10_250;

/** True where a Service has no address of its own: DNS answers with its endpoints. */
export function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIP === "None" || spec?.clusterIPs?.[0] === "None";
}

/** Errors of a Service after defaulting. */
export function validateService(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  const headless = isHeadless(service);
  const errors: FieldError[] = [];
  if (!(spec.ports?.length || headless || spec.type === "ExternalName")) {
    errors.push(required("spec.ports"));
  }
  return [
    ...errors,
    ...validateType(spec, headless),
    ...validatePorts(spec),
    ...validateLabels(spec.selector, "spec.selector"),
    ...validateAffinity(spec),
    ...validateClusterIps(spec),
    ...each(spec.externalIPs, "spec.externalIPs", (ip, at) => {
      const wrong = validateIp(ip, at);
      return wrong.length > 0 ? wrong : validateNonSpecialIp(ip, at);
    }),
    ...oneOf("spec.type", { value: spec.type, supported: TYPES }),
    ...validateNodePorts(spec),
    ...validateDuplicatePorts(spec),
    ...validateLoadBalancer(spec),
    ...validateTraffic(spec),
  ];
}

function validateType(spec: Spec, headless: boolean): FieldError[] {
  if (spec.type === "ExternalName") return validateExternalName(spec);
  const errors: FieldError[] = [];
  if (spec.type === "LoadBalancer") {
    for (const [index, { port }] of (spec.ports ?? []).entries()) {
      if (port !== KUBELET_PORT) continue;
      const detail = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
      errors.push(invalid(`spec.ports[${index}]`, { value: port, detail }));
    }
  }
  if (headless && (spec.type === "LoadBalancer" || spec.type === "NodePort")) {
    const detail = `may not be set to 'None' for ${spec.type} services`;
    errors.push(invalid("spec.clusterIPs[0]", { value: "None", detail }));
  }
  return errors;
}

function validateExternalName(spec: Spec): FieldError[] {
  const errors: FieldError[] = [];
  const detail = "may not be set for ExternalName services";
  if (spec.clusterIPs?.length) errors.push(forbidden("spec.clusterIPs", detail));
  if (spec.ipFamilies?.length) errors.push(forbidden("spec.ipFamilies", detail));
  if (spec.ipFamilyPolicy) errors.push(forbidden("spec.ipFamilyPolicy", detail));
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (name === "") return [...errors, required("spec.externalName")];
  return [...errors, ...formatted("spec.externalName", { value: name, as: "subdomain" })];
}

function validatePorts({ ports = [] }: Spec): FieldError[] {
  const names = new Set<string>();
  return each(ports, "spec.ports", (port: ServicePort, at) => {
    const { name, protocol, targetPort, appProtocol } = port;
    const errors = formatted(`${at}.name`, { value: name, as: "label" });
    if (!name && ports.length > 1) errors.push(required(`${at}.name`));
    if (name && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (name) names.add(name);
    const value = port.port ?? 0;
    return [
      ...errors,
      ...invalidAll(`${at}.port`, { value, details: portNumber(value) }),
      ...oneOf(`${at}.protocol`, { value: protocol, supported: PROTOCOLS }),
      ...validatePort(targetPort, `${at}.targetPort`),
      ...givenFormatted(`${at}.appProtocol`, { value: appProtocol, as: "qualifiedName" }),
    ];
  });
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: Spec): FieldError[] {
  const supported = ["ClientIP", "None"];
  const errors = oneOf("spec.sessionAffinity", { value: sessionAffinity, supported });
  const path = "spec.sessionAffinityConfig";
  if (sessionAffinity === "None" && sessionAffinityConfig) {
    errors.push(forbidden(path, "must not be set when session affinity is None"));
  }
  if (sessionAffinity !== "ClientIP") return errors;
  const value = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const at = `${path}.clientIP.timeoutSeconds`;
  if (value === undefined)
    return [...errors, required(at, "when session affinity type is ClientIP")];
  if (value > 0 && value <= AFFINITY_MAX_SECONDS) return errors;
  const detail = `must be greater than 0 and less than ${AFFINITY_MAX_SECONDS}`;
  return [...errors, invalid(at, { value, detail })];
}

function validateClusterIps(spec: Spec): FieldError[] {
  if (spec.type === "ExternalName") return [];
  const { clusterIP = "", clusterIPs = [], ipFamilies, ipFamilyPolicy } = spec;
  const errors: FieldError[] = [];
  const whole = (detail: string) => invalid("spec.clusterIPs", { value: clusterIPs, detail });
  if (clusterIP === "" && clusterIPs.length > 0) {
    errors.push(whole("must be empty when `clusterIP` is not specified"));
  }
  if (clusterIP !== "" && clusterIPs.length === 0) errors.push(required("spec.clusterIPs"));
  if (clusterIP !== "" && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(whole("first value must match `clusterIP`"));
  }
  errors.push(...validateFamilies(ipFamilies));
  const rule = { value: ipFamilyPolicy, supported: FAMILY_POLICIES };
  errors.push(...optionalChoice("spec.ipFamilyPolicy", rule));
  errors.push(
    ...each(clusterIPs, "spec.clusterIPs", (ip, at) => {
      if (ip !== "None") return validateIp(ip, at);
      const detail = "'None' must be the first and only value";
      return clusterIPs.length === 1 ? [] : [invalid(at, { value: ip, detail })];
    }),
  );
  if (clusterIPs.length > 2) errors.push(whole("may only hold up to 2 values"));
  const [first, second] = clusterIPs.map((ip) => isIP(ip));
  if (clusterIPs.length === 2 && first === second) {
    errors.push(whole("may specify no more than one IP for each IP family"));
  }
  return errors;
}

function validateFamilies(families: readonly string[] | undefined): FieldError[] {
  const seen = new Set<string>();
  return each(families, "spec.ipFamilies", (family, at) => {
    const errors = optionalChoice(at, { value: family, supported: FAMILIES });
    if (seen.has(family)) errors.push(duplicate(at, family));
    seen.add(family);
    return errors;
  });
}

function validateNodePorts({ type, ports }: Spec): FieldError[] {
  const seen = new Set<string>();
  return each(ports, "spec.ports", ({ nodePort, protocol }, at) => {
    if (!nodePort) return [];
    const path = `${at}.nodePort`;
    if (type === "ClusterIP")
      return [forbidden(path, "may not be used when `type` is 'ClusterIP'")];
    const id = `${protocol}/${nodePort}`;
    if (seen.has(id)) return [duplicate(path, nodePort)];
    seen.add(id);
    return invalidAll(path, { value: nodePort, details: portNumber(nodePort) });
  });
}

function validateDuplicatePorts({ ports }: Spec): FieldError[] {
  const seen = new Set<string>();
  return each(ports, "spec.ports", ({ port, protocol }, at) => {
    const id = `${protocol}/${port}`;
    // Told is nothing but what is the same
    if (seen.has(id))
      return [duplicate(at, held("io.k8s.api.core.v1.ServicePort", { port, protocol }))];
    seen.add(id);
    return [];
  });
}

function validateLoadBalancer(spec: Spec): FieldError[] {
  const { loadBalancerSourceRanges, allocateLoadBalancerNodePorts, loadBalancerClass } = spec;
  const detail = "may only be used when `type` is 'LoadBalancer'";
  const balanced = spec.type === "LoadBalancer";
  const errors: FieldError[] = [];
  const ranges = "spec.LoadBalancerSourceRanges";
  if (loadBalancerSourceRanges?.length && !balanced) errors.push(forbidden(ranges, detail));
  errors.push(
    ...each(loadBalancerSourceRanges, ranges, (range, at) => validateCidr(range.trim(), at)),
  );
  if (allocateLoadBalancerNodePorts !== undefined && !balanced) {
    errors.push(forbidden("spec.allocateLoadBalancerNodePorts", detail));
  }
  if (loadBalancerClass !== undefined && !balanced) {
    errors.push(forbidden("spec.loadBalancerClass", detail));
  }
  const rule = { value: loadBalancerClass, as: "qualifiedName" } as const;
  return [...errors, ...givenFormatted("spec.loadBalancerClass", rule)];
}

function validateTraffic(spec: Spec): FieldError[] {
  const { externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, trafficDistribution } =
    spec;
  const errors: FieldError[] = [];
  const external = "spec.externalTrafficPolicy";
  if (isExternallyAccessible(spec)) {
    errors.push(...oneOf(external, { value: externalTrafficPolicy, supported: POLICIES }));
  } else if (externalTrafficPolicy) {
    const detail = "may only be set for externally-accessible services";
    errors.push(invalid(external, { value: externalTrafficPolicy, detail }));
  }
  if (healthCheckNodePort && !needsHealthCheck(spec)) {
    const detail =
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid("spec.healthCheckNodePort", { value: healthCheckNodePort, detail }));
  }
  if (healthCheckNodePort) {
    const details = portNumber(healthCheckNodePort);
    errors.push(...invalidAll("spec.healthCheckNodePort", { value: healthCheckNodePort, details }));
  }
  return [
    ...errors,
    ...(spec.type !== "ExternalName" && internalTrafficPolicy === undefined
      ? [required("spec.internalTrafficPolicy")]
      : []),
    ...optionalChoice("spec.internalTrafficPolicy", {
      value: internalTrafficPolicy,
      supported: POLICIES,
    }),
    ...optionalChoice("spec.trafficDistribution", {
      value: trafficDistribution,
      supported: TRAFFIC_DISTRIBUTIONS,
    }),
  ];
}

/**
 * Errors of a change: a Service keeps its addresses, the class of its load balancer and the port of
 * its health check for as long as it has a use for them.
 */
export function validateServiceUpdate(next: Service, current: Service): FieldError[] {
  const [now, before] = [next.spec ?? {}, current.spec ?? {}];
  if (now.type === "ExternalName" || before.type === "ExternalName") return [];
  const errors: FieldError[] = [];
  if (before.clusterIPs?.length && !now.clusterIPs?.length) {
    const rule = { value: "", detail: "primary clusterIP can not be unset" };
    errors.push(invalid("spec.clusterIPs[0]", rule));
  }
  for (const field of ["clusterIPs", "ipFamilies"] as const) {
    errors.push(...validateKept(`spec.${field}`, { next: now[field], current: before[field] }));
  }
  const balanced = now.type === "LoadBalancer" && before.type === "LoadBalancer";
  if (balanced && now.loadBalancerClass !== before.loadBalancerClass) {
    const rule = { value: now.loadBalancerClass ?? null, detail: "may not change once set" };
    errors.push(invalid("spec.loadBalancerClass", rule));
  }
  const checked = needsHealthCheck(now) && needsHealthCheck(before);
  if (checked && now.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbidden("spec.healthCheckNodePort", "field is immutable"));
  }
  return errors;
}

/** Errors of a status: where the load balancer of a Service is. */
export function validateServiceStatus({ spec, status }: Service): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const path = "status.loadBalancer.ingress";
  if (ingress.length > 0 && spec?.type !== "LoadBalancer") {
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return each(ingress, path, ({ ip, ipMode, hostname }, at) => {
    const errors = ip ? validateIp(ip, `${at}.ip`) : [];
    if (!ip && ipMode !== undefined) {
      errors.push(forbidden(`${at}.ipMode`, "may not be specified when `ip` is not set"));
    } else if (ipMode !== undefined && !IP_MODES.includes(ipMode)) {
      errors.push(notSupported(`${at}.ipMode`, { value: ipMode, supported: IP_MODES }));
    }
    if (!hostname) return errors;
    errors.push(...formatted(`${at}.hostname`, { value: hostname, as: "subdomain" }));
    if (isIP(hostname) !== 0) {
      const detail = "must be a DNS name, not an IP address";
      errors.push(invalid(`${at}.hostname`, { value: hostname, detail }));
    }
    return errors;
  });
}

interface Lists {
  readonly next: readonly string[] | undefined;
  readonly current: readonly string[] | undefined;
}

/** A second value may come and go; one that is in both keeps its place. */
function validateKept(path: string, { next = [], current = [] }: Lists): FieldError[] {
  return each(current, path, (old, at) => {
    const value = next[current.indexOf(old)];
    if (value === undefined || value === old) return [];
    return [invalid(at, { value: next, detail: "may not change once set" })];
  });
}
