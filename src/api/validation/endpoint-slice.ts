import {
  duplicate,
  type FieldError,
  immutable,
  invalid,
  invalidAll,
  required,
  tooMany,
} from "../field-error.ts";
import { readIp } from "../ip-text.ts";
import { validateLabels } from "../metadata.ts";
import { dns1123Label, dns1123Subdomain, labelValue } from "../names.ts";
import type { EndpointSlice } from "../object.ts";
import {
  each,
  formatted,
  givenFormatted,
  oneOf,
  PROTOCOLS,
  validateIp,
  validateNonSpecialIp,
} from "./common.ts";

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];
type Port = NonNullable<EndpointSlice["ports"]>[number];
type Hints = NonNullable<Endpoint["hints"]>;

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"] as const;
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;

/** Errors of an EndpointSlice after defaulting; endpoints that were there already may be as they are. */
export function validateEndpointSlice(slice: EndpointSlice, current?: EndpointSlice): FieldError[] {
  const { addressType } = slice;
  const [endpoints, ports] = [slice.endpoints ?? [], slice.ports ?? []];
  const isKept = current !== undefined && Bun.deepEquals(endpoints, current.endpoints ?? []);
  return [
    ...oneOf("addressType", { value: addressType, supported: ADDRESS_TYPES }),
    ...validatePorts(ports, "ports"),
    ...(isKept ? [] : validateEndpoints(endpoints, "endpoints", addressType)),
  ];
}

function validateEndpoints(
  endpoints: readonly Endpoint[],
  path: string,
  addressType: string,
): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) {
    return [tooMany(path, { count: endpoints.length, max: MAX_ENDPOINTS })];
  }
  return each(endpoints, path, (endpoint, at) => validateEndpoint(endpoint, at, addressType));
}

function validatePorts(ports: readonly Port[], path: string): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany(path, { count: ports.length, max: MAX_PORTS })];
  const names = new Set<string>();
  return each(ports, path, ({ name = "", protocol, appProtocol }, at) => {
    const errors = formatted(`${at}.name`, { value: name, as: "label" });
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    return [
      ...errors,
      ...oneOf(`${at}.protocol`, { value: protocol, supported: PROTOCOLS }),
      ...givenFormatted(`${at}.appProtocol`, { value: appProtocol, as: "qualifiedName" }),
    ];
  });
}

function validateEndpoint(endpoint: Endpoint, path: string, type: string): FieldError[] {
  const { addresses = [], hostname, nodeName, deprecatedTopology = {}, hints = {} } = endpoint;
  const at = `${path}.addresses`;
  const topology = `${path}.deprecatedTopology`;
  const count = Object.keys(deprecatedTopology).length;
  return [
    ...(addresses.length === 0 ? [required(at, "must contain at least 1 address")] : []),
    ...(addresses.length > MAX_ADDRESSES
      ? [tooMany(at, { count: addresses.length, max: MAX_ADDRESSES })]
      : []),
    ...each(addresses, at, (address, where) => validateAddress(type, address, where)),
    ...givenFormatted(`${path}.nodeName`, { value: nodeName, as: "subdomain" }),
    ...(count > MAX_TOPOLOGY_LABELS
      ? [tooMany(topology, { count, max: MAX_TOPOLOGY_LABELS })]
      : []),
    ...validateLabels(deprecatedTopology, topology),
    ...givenFormatted(`${path}.hostname`, { value: hostname, as: "label" }),
    ...validateHints(hints, `${path}.hints`),
  ];
}

/** Addresses of no known type are not looked at. */
function validateAddress(type: string, address: string, path: string): FieldError[] {
  switch (type) {
    case "IPv4":
    case "IPv6": {
      const syntax = validateIp(address, path);
      if (syntax.length > 0) return syntax;
      const special = validateNonSpecialIp(address, path);
      if (readIp(address)?.family === (type === "IPv4" ? 4 : 6)) return special;
      return [invalid(path, { value: address, detail: `must be an ${type} address` }), ...special];
    }
    case "FQDN":
      return validateFullDomain(address, path);
    default:
      return [];
  }
}

/** For whom an endpoint is meant: a few zones, or nodes, each named once. */
function validateHints({ forZones = [], forNodes = [] }: Hints, path: string): FieldError[] {
  const tooManyOf = (field: string, { length: count }: readonly unknown[]) =>
    count > MAX_HINTS ? [tooMany(`${path}.${field}`, { count, max: MAX_HINTS })] : [];
  const zones = tooManyOf("forZones", forZones);
  if (zones.length > 0) return zones;
  const errors = validateNames(forZones, `${path}.forZones`, labelValue);
  const nodes = tooManyOf("forNodes", forNodes);
  if (nodes.length > 0) return [...errors, ...nodes];
  return [...errors, ...validateNames(forNodes, `${path}.forNodes`, dns1123Subdomain)];
}

function validateNames(
  named: readonly { readonly name: string }[],
  path: string,
  check: (name: string) => string[],
): FieldError[] {
  const names = new Set<string>();
  return each(named, path, ({ name }, at) => {
    const twice = names.has(name) ? [duplicate(`${at}.name`, name)] : [];
    names.add(name);
    return [...twice, ...invalidAll(`${at}.name`, { value: name, details: check(name) })];
  });
}

/** A domain name with at least one dot in it (`IsFullyQualifiedDomainName`). */
function validateFullDomain(name: string, path: string): FieldError[] {
  if (name === "") return [required(path)];
  const value = name.replace(/\.$/, "");
  const details = dns1123Subdomain(value);
  if (details.length > 0) return [invalid(path, { value, detail: details.join(",") })];
  const labels = value.split(".");
  if (labels.length < 2) {
    const detail = "should be a domain with at least two segments separated by dots";
    return [invalid(path, { value, detail })];
  }
  return labels.flatMap((label) =>
    invalidAll(path, { value: label, details: dns1123Label(label) }),
  );
}

/** Errors of a change: a slice keeps its sort of address. */
export function validateEndpointSliceUpdate(
  { addressType: next }: EndpointSlice,
  { addressType: current }: EndpointSlice,
): FieldError[] {
  return immutable("addressType", { next, current });
}
