import { type FieldError, invalidAll, required } from "../field-error.ts";
import { portNumber } from "../names.ts";
import type { Endpoints } from "../object.ts";
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

/** Errors of an Endpoints object after defaulting; subsets that did not change may be as they are. */
export function validateEndpoints({ subsets }: Endpoints, current?: Endpoints): FieldError[] {
  if (current !== undefined && Bun.deepEquals(subsets ?? [], current.subsets ?? [])) return [];
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
