import { type FieldError, invalid, invalidAll, notSupported, required } from "../field-error.ts";
import { readIp } from "../ip-text.ts";
import {
  dns1123Label,
  dns1123Subdomain,
  portName,
  portNumber,
  wildcardDns1123Subdomain,
} from "../names.ts";
import type { Ingress } from "../object.ts";
import { each, formatted, givenFormatted, validateIp } from "./common.ts";
import { validateTypedReference } from "./references.ts";

type Spec = NonNullable<Ingress["spec"]>;
type Rule = NonNullable<Spec["rules"]>[number];
type Tls = NonNullable<Spec["tls"]>[number];
type HttpPath = NonNullable<Rule["http"]>["paths"][number];
type Backend = HttpPath["backend"];
type Port = NonNullable<NonNullable<Backend["service"]>["port"]>;

/** How an Ingress named its class before it had a field for it. */
export const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];
const FORBIDDEN_PARTS = ["//", "/./", "/../", "%2f", "%2F"];
const FORBIDDEN_ENDS = ["/..", "/."];
const NOT_AN_IP = "must be a DNS name, not an IP address";

/** Errors of an Ingress, whether new or changed. */
export function validateIngress({ spec = {} }: Ingress): FieldError[] {
  const { defaultBackend, rules = [], tls, ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    const detail = "either `defaultBackend` or `rules` must be specified";
    errors.push(invalid("spec", { value: spec.rules ?? null, detail }));
  }
  if (defaultBackend) errors.push(...validateBackend(defaultBackend, "spec.defaultBackend"));
  return [
    ...errors,
    ...each(rules, "spec.rules", validateRule),
    ...each(tls, "spec.tls", validateTls),
    ...givenFormatted("spec.ingressClassName", { value: ingressClassName, as: "subdomain" }),
  ];
}

/** Errors of a new Ingress alone: it may name its class in one way only. */
export function validateNewIngress({ metadata, spec }: Ingress): FieldError[] {
  const annotated = metadata?.annotations?.[CLASS_ANNOTATION];
  const named = spec?.ingressClassName;
  if (annotated === undefined || named === undefined || annotated === named) return [];
  const detail = "must match `ingressClassName` when both are specified";
  return [invalid(`annotations.${CLASS_ANNOTATION}`, { value: annotated, detail })];
}

/** Errors of a status: where an Ingress can be reached. */
export function validateIngressStatus({ status }: Ingress): FieldError[] {
  const path = "status.loadBalancer.ingress";
  return each(status?.loadBalancer?.ingress, path, ({ ip, hostname }, at) => {
    const errors = ip ? validateIp(ip, `${at}.ip`) : [];
    if (!hostname) return errors;
    errors.push(...formatted(`${at}.hostname`, { value: hostname, as: "subdomain" }));
    if (readIp(hostname)) {
      errors.push(invalid(`${at}.hostname`, { value: hostname, detail: NOT_AN_IP }));
    }
    return errors;
  });
}

const hostErrors = (host: string): string[] =>
  host.includes("*") ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host);

function validateRule({ host, http }: Rule, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (host) {
    const at = `${path}.host`;
    if (readIp(host)) errors.push(invalid(at, { value: host, detail: NOT_AN_IP }));
    errors.push(...invalidAll(at, { value: host, details: hostErrors(host) }));
  }
  if (http === undefined) return errors;
  const at = `${path}.http.paths`;
  if (!http.paths?.length) errors.push(required(at));
  return [...errors, ...each(http.paths, at, validateHttpPath)];
}

function validateTls({ hosts, secretName }: Tls, path: string): FieldError[] {
  return [
    ...each(hosts, `${path}.hosts`, (host, at) =>
      invalidAll(at, { value: host, details: hostErrors(host) }),
    ),
    ...formatted(`${path}.secretName`, { value: secretName, as: "subdomain" }),
  ];
}

function validateHttpPath(given: HttpPath, path: string): FieldError[] {
  const { pathType, backend } = given;
  if (!pathType) return [required(`${path}.pathType`, "pathType must be specified")];
  const errors = PATH_TYPES.includes(pathType)
    ? validatePath(given, `${path}.path`)
    : [notSupported(`${path}.pathType`, { value: pathType, supported: PATH_TYPES })];
  return [...errors, ...validateBackend(backend ?? {}, `${path}.backend`)];
}

function validatePath({ path: value = "", pathType }: HttpPath, at: string): FieldError[] {
  if (pathType === "ImplementationSpecific" && value === "") return [];
  const details = value.startsWith("/") ? [] : ["must be an absolute path"];
  if (pathType !== "ImplementationSpecific") {
    for (const part of FORBIDDEN_PARTS) {
      if (value.includes(part)) details.push(`must not contain '${part}'`);
    }
    for (const end of FORBIDDEN_ENDS) {
      if (value.endsWith(end)) details.push(`cannot end with '${end}'`);
    }
  }
  return invalidAll(at, { value, details });
}

function validateBackend({ resource, service }: Backend, path: string): FieldError[] {
  if (resource && service) {
    const detail = "cannot set both resource and service backends";
    return [invalid(path, { value: "", detail })];
  }
  if (resource) return validateTypedReference(resource, `${path}.resource`);
  if (!service) {
    return [invalid(path, { value: "", detail: "resource or service backend is required" })];
  }
  const { name, port } = service;
  const at = `${path}.service.name`;
  const errors = name
    ? invalidAll(at, { value: name, details: dns1123Label(name) })
    : [required(at)];
  return [...errors, ...validateBackendPort(port ?? {}, path)];
}

function validateBackendPort({ name, number }: Port, path: string): FieldError[] {
  if (name && number) {
    return [invalid(path, { value: "", detail: "cannot set both port name & port number" })];
  }
  const at = `${path}.service.port`;
  if (name) return invalidAll(`${at}.name`, { value: name, details: portName(name) });
  if (!number) return [required(path, "port name or number is required")];
  return invalidAll(`${at}.number`, { value: number, details: portNumber(number) });
}
