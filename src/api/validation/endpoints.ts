import { isIP } from "node:net";
import {
  duplicate,
  type FieldError,
  immutable,
  invalid,
  invalidAll,
  required,
  tooMany,
} from "../field-error.ts";
import { dns1123Label, dns1123Subdomain, portNumber } from "../names.ts";
import type { EndpointSlice, Endpoints } from "../object.ts";
import {
  each,
  formatted,
  givenFormatted,
  oneOf,
  PROTOCOLS,
  validateIp,
  validateNonSpecialIp,
} from "./common.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];
type SliceEndpoint = NonNullable<EndpointSlice["endpoints"]>[number];

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"] as const;
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;

/** Errors of an Endpoints object after defaulting. */
export function validateEndpoints({ subsets }: Endpoints): FieldError[] {
  return each(subsets, "subsets", (subset, at) => {
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    const errors: FieldError[] = [];
    if (addresses.length + notReadyAddresses.length === 0) {
      errors.push(required(at, "must specify `addresses` or `notReadyAddresses`"));
    }
    return [
      ...errors,
      ...each(addresses, `${at}.addresses`, validateAddress),
      ...each(notReadyAddresses, `${at}.notReadyAddresses`, validateAddress),
      ...each(ports, `${at}.ports`, ({ name, port, protocol, appProtocol }, path) => [
        ...(ports.length > 1 && !name ? [required(`${path}.name`)] : []),
        ...formatted(`${path}.name`, { value: name, as: "label" }),
        ...invalidAll(`${path}.port`, { value: port ?? 0, details: portNumber(port ?? 0) }),
        ...oneOf(`${path}.protocol`, { value: protocol, supported: PROTOCOLS }),
        ...givenFormatted(`${path}.appProtocol`, { value: appProtocol, as: "qualifiedName" }),
      ]),
    ];
  });
}

function validateAddress({ ip, hostname, nodeName }: Address, path: string): FieldError[] {
  return [
    ...validateIp(ip ?? "", `${path}.ip`),
    ...formatted(`${path}.hostname`, { value: hostname, as: "label" }),
    ...givenFormatted(`${path}.nodeName`, { value: nodeName, as: "subdomain" }),
    ...validateNonSpecialIp(ip ?? "", `${path}.ip`),
  ];
}

function atMost(field: string, given: { count: number; max: number }): FieldError[] {
  return given.count <= given.max ? [] : [tooMany(field, given)];
}

/** Errors of an EndpointSlice after defaulting. */
export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  const { addressType, endpoints, ports = [] } = slice;
  const names = new Set<string>();
  return [
    ...oneOf("addressType", { value: addressType, supported: ADDRESS_TYPES }),
    ...atMost("endpoints", { count: endpoints?.length ?? 0, max: MAX_ENDPOINTS }),
    ...each(endpoints, "endpoints", (endpoint, at) => validateEndpoint(endpoint, at, addressType)),
    ...atMost("ports", { count: ports.length, max: MAX_PORTS }),
    ...each(ports, "ports", ({ name = "", protocol, appProtocol }, at) => {
      const errors = formatted(`${at}.name`, { value: name, as: "label" });
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
      return [
        ...errors,
        ...oneOf(`${at}.protocol`, { value: protocol, supported: PROTOCOLS }),
        ...givenFormatted(`${at}.appProtocol`, { value: appProtocol, as: "qualifiedName" }),
      ];
    }),
  ];
}

function validateEndpoint(endpoint: SliceEndpoint, path: string, type: string): FieldError[] {
  const { addresses = [], hostname, nodeName } = endpoint;
  const at = `${path}.addresses`;
  const errors: FieldError[] =
    addresses.length === 0
      ? [required(at, "must contain at least 1 address")]
      : atMost(at, { count: addresses.length, max: MAX_ADDRESSES });
  return [
    ...errors,
    ...each(addresses, at, (address, where) =>
      type === "FQDN"
        ? validateFullDomain(address, where)
        : [...validateIpOf(type, address, where), ...validateNonSpecialIp(address, where)],
    ),
    ...formatted(`${path}.nodeName`, { value: nodeName, as: "subdomain" }),
    ...formatted(`${path}.hostname`, { value: hostname, as: "label" }),
  ];
}

function validateIpOf(type: string, address: string, path: string): FieldError[] {
  if (isIP(address) === (type === "IPv4" ? 4 : 6)) return [];
  return [invalid(path, { value: address, detail: `must be a valid ${type} address` })];
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
