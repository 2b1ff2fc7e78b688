import {
  type FieldError,
  forbidden,
  immutable,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { isStrictSubset } from "../ip-network.ts";
import { readCidr } from "../ip-text.ts";
import { domainPrefixedPath, portName, portNumber } from "../names.ts";
import type { IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from "../object.ts";
import { each, formatted, givenFormatted, validateCidr, validateLabelSelector } from "./common.ts";
import { optionalSegment, requiredSegment, validateTypedReference } from "./references.ts";

type PolicySpec = NonNullable<NetworkPolicy["spec"]>;
type PolicyIngress = NonNullable<PolicySpec["ingress"]>[number];
type PolicyPort = NonNullable<PolicyIngress["ports"]>[number];
type Peer = NonNullable<PolicyIngress["from"]>[number];
type IpBlock = NonNullable<Peer["ipBlock"]>;
type Parameters = NonNullable<NonNullable<IngressClass["spec"]>["parameters"]>;

const POLICY_TYPES = ["Ingress", "Egress"];
const CONTROLLER_MAX_BYTES = 250;
const IMMUTABLE = "field is immutable";

/** Errors of a NetworkPolicy after defaulting. */
export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const { podSelector, ingress, egress, policyTypes = [] } = spec ?? {};
  const errors = [
    ...validateLabelSelector(podSelector, "spec.podSelector"),
    ...each(ingress, "spec.ingress", ({ ports, from }, at) => [
      ...each(ports, `${at}.ports`, validatePolicyPort),
      ...each(from, `${at}.from`, validatePeer),
    ]),
    ...each(egress, "spec.egress", ({ ports, to }, at) => [
      ...each(ports, `${at}.ports`, validatePolicyPort),
      ...each(to, `${at}.to`, validatePeer),
    ]),
  ];
  if (policyTypes.length > POLICY_TYPES.length) {
    const detail = "may not specify more than two policyTypes";
    return [...errors, invalid("spec.policyTypes", { value: policyTypes, detail })];
  }
  return [
    ...errors,
    ...each(policyTypes, "spec.policyTypes", (value, at) =>
      POLICY_TYPES.includes(value) ? [] : [notSupported(at, { value, supported: POLICY_TYPES })],
    ),
  ];
}

function validatePolicyPort({ protocol, port, endPort }: PolicyPort, path: string): FieldError[] {
  const supported = ["TCP", "UDP", "SCTP"];
  const errors =
    protocol === undefined || supported.includes(protocol)
      ? []
      : [notSupported(`${path}.protocol`, { value: protocol, supported })];
  const last = `${path}.endPort`;
  if (typeof port === "number") {
    errors.push(...invalidAll(`${path}.port`, { value: port, details: portNumber(port) }));
    if (endPort === undefined) return errors;
    const detail = "must be greater than or equal to `port`";
    if (endPort < port) errors.push(invalid(last, { value: endPort, detail }));
    return [...errors, ...invalidAll(last, { value: endPort, details: portNumber(endPort) })];
  }
  if (endPort !== undefined) {
    const missing = port === undefined ? "not specified" : "non-numeric";
    const detail = `may not be specified when \`port\` is ${missing}`;
    errors.push(invalid(last, { value: endPort, detail }));
  }
  if (port === undefined) return errors;
  return [...errors, ...invalidAll(`${path}.port`, { value: port, details: portName(port) })];
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  path: string,
): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...(ipBlock ? validateIpBlock(ipBlock, `${path}.ipBlock`) : []),
  ];
  if (!(podSelector || namespaceSelector || ipBlock)) {
    errors.push(required(path, "must specify a peer"));
  } else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.push(forbidden(path, "may not specify both ipBlock and another peer"));
  }
  return errors;
}

/** What a network is read as, however it is spelled; undefined for what is none. */
function plainCidr(text: string): string | undefined {
  const cidr = readCidr(text);
  return cidr && `${cidr.canonical}/${cidr.bits}`;
}

function validateIpBlock({ cidr, except }: IpBlock, path: string): FieldError[] {
  if (!cidr) return [required(`${path}.cidr`)];
  const errors = validateCidr(cidr, `${path}.cidr`);
  const outer = plainCidr(cidr);
  if (outer === undefined) return errors;
  const exceptions = each(except, `${path}.except`, (value, at) => {
    const [syntax, inner] = [validateCidr(value, at), plainCidr(value)];
    if (inner === undefined || isStrictSubset({ inner, outer })) return syntax;
    return [...syntax, invalid(at, { value, detail: "must be a strict subset of `cidr`" })];
  });
  return [...errors, ...exceptions];
}

/** Errors of an IngressClass after defaulting. */
export function validateIngressClass({ spec }: IngressClass): FieldError[] {
  const { controller = "", parameters } = spec ?? {};
  const path = "spec.controller";
  const errors: FieldError[] = [];
  if (controller === "") errors.push(required(path));
  else {
    if (Buffer.byteLength(controller) > CONTROLLER_MAX_BYTES) {
      errors.push(tooLong(path, CONTROLLER_MAX_BYTES));
    }
    errors.push(...validateDomainPrefixedPath(controller, path));
  }
  return parameters ? [...errors, ...validateParameters(parameters, "spec.parameters")] : errors;
}

function validateDomainPrefixedPath(value: string, path: string): FieldError[] {
  const { host, rest, malformed } = domainPrefixedPath(value);
  if (malformed.length > 0) return invalidAll(path, { value, details: malformed });
  return [
    ...invalidAll(path, { value: host.value, details: host.errors }),
    ...invalidAll(path, { value: rest.value, details: rest.errors }),
  ];
}

function validateParameters(parameters: Parameters, path: string): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = validateTypedReference(parameters, path);
  const at = `${path}.namespace`;
  switch (scope) {
    case undefined:
      return [...errors, required(`${path}.scope`)];
    case "Namespace": {
      const why = "`parameters.scope` is set to 'Namespace'";
      if (namespace === undefined) return [...errors, required(at, why)];
      return [...errors, ...givenFormatted(at, { value: namespace, as: "label" })];
    }
    case "Cluster":
      if (namespace === undefined) return errors;
      return [...errors, forbidden(at, "`parameters.scope` is set to 'Cluster'")];
    default: {
      const supported = ["Cluster", "Namespace"];
      return [...errors, notSupported(`${path}.scope`, { value: scope, supported })];
    }
  }
}

export function validateIngressClassUpdate(
  next: IngressClass,
  current: IngressClass,
): FieldError[] {
  const [now, before] = [next.spec?.controller ?? "", current.spec?.controller ?? ""];
  return immutable("spec.controller", { next: now, current: before });
}

/** Errors of an IPAddress, whose name is the address. */
export function validateIpAddress({ spec }: IPAddress): FieldError[] {
  const path = "spec.parentRef";
  const { parentRef } = spec ?? {};
  if (parentRef === undefined) return [required(path)];
  const { group, resource, name, namespace } = parentRef;
  return [
    ...formatted(`${path}.group`, { value: group, as: "subdomain" }),
    ...requiredSegment(resource, `${path}.resource`),
    ...requiredSegment(name, `${path}.name`),
    ...optionalSegment(namespace, `${path}.namespace`),
  ];
}

export function validateIpAddressUpdate(next: IPAddress, current: IPAddress): FieldError[] {
  const [now, before] = [next, current].map(({ spec }) =>
    held("io.k8s.api.networking.v1.ParentReference", spec?.parentRef),
  );
  return immutable("spec.parentRef", { next: now, current: before });
}

/** Errors of a ServiceCIDR: one network, or one of each family. */
export function validateServiceCidr({ spec }: ServiceCIDR): FieldError[] {
  const path = "spec.cidrs";
  const { cidrs = [] } = spec ?? {};
  if (cidrs.length === 0) return [required(path, "at least one CIDR required")];
  if (cidrs.length > 2) {
    const value = held("io.k8s.api.networking.v1.ServiceCIDRSpec", spec);
    return [invalid(path, { value, detail: "may only hold up to 2 values" })];
  }
  const errors = each(cidrs, path, validateCidr);
  const families = new Set(cidrs.map((cidr) => readCidr(cidr)?.family));
  if (!families.has(undefined) && families.size < cidrs.length) {
    const detail =
      "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    errors.push(invalid(path, { value: cidrs, detail }));
  }
  return errors;
}

/** Errors of a change: a network stays; one of the other family may join it. */
export function validateServiceCidrUpdate(next: ServiceCIDR, current: ServiceCIDR): FieldError[] {
  const path = "spec.cidrs";
  const [now, before] = [next.spec?.cidrs ?? [], current.spec?.cidrs ?? []];
  const joins = before.length === 1 && now.length === 2;
  if (now.length !== before.length && !joins) {
    return [invalid(path, { value: now, detail: IMMUTABLE })];
  }
  const kept = each(before, path, (cidr, at) => {
    const value = now[before.indexOf(cidr)];
    return value === cidr ? [] : [invalid(at, { value, detail: IMMUTABLE })];
  });
  // Kubernetes looks at all networks once more where one joined
  return joins ? [...kept, ...validateServiceCidr(next)] : kept;
}
