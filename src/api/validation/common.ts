import {
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  nonNegative,
  notSupported,
  required,
} from "../field-error.ts";
import { readCidr, readIp } from "../ip-text.ts";
import { validateLabelKey, validateLabels } from "../metadata.ts";
import {
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  portName,
  portNumber,
  qualifiedName,
} from "../names.ts";
import type { LabelSelector } from "../object.ts";

/** The errors of every item of a list, each under its own index. */
export function each<T>(
  items: readonly T[] | null | undefined,
  path: string,
  check: (item: T, path: string) => FieldError[],
): FieldError[] {
  return items?.flatMap((item, index) => check(item, `${path}[${index}]`)) ?? [];
}

/** A value that must be given and be one of a few. */
export function oneOf(
  path: string,
  { value, supported }: { value: string | undefined; supported: readonly string[] },
): FieldError[] {
  if (!value) return [required(path)];
  return supported.includes(value) ? [] : [notSupported(path, { value, supported })];
}

/** Numbers of one object that must not be below 0, in the order given. */
export function nonNegativeFields<K extends string>(
  object: { readonly [field in K]?: number } | undefined,
  path: string,
  fields: readonly K[],
): FieldError[] {
  return fields.flatMap((field) => nonNegative(`${path}.${field}`, object?.[field]));
}

export const PROTOCOLS = ["SCTP", "TCP", "UDP"] as const;

/** A port by number, or by the name that a container gives it. */
export function validatePort(port: number | string | undefined, path: string): FieldError[] {
  if (typeof port === "string") return invalidAll(path, { value: port, details: portName(port) });
  const value = port ?? 0;
  return invalidAll(path, { value, details: portNumber(value) });
}

type Format = "label" | "subdomain" | "qualifiedName";
const FORMATS: Readonly<Record<Format, (value: string) => string[]>> = {
  label: dns1123Label,
  subdomain: dns1123Subdomain,
  qualifiedName,
};

/** A text of a well-known format; an absent one is no error. */
export function formatted(
  path: string,
  { value, as }: { value: string | undefined; as: Format },
): FieldError[] {
  if (!value) return [];
  return invalidAll(path, { value, details: FORMATS[as](value) });
}

/** The same of a value that is checked as soon as it is given, and be it empty. */
export function givenFormatted(
  path: string,
  { value, as }: { value: string | undefined; as: Format },
): FieldError[] {
  return value === undefined ? [] : invalidAll(path, { value, details: FORMATS[as](value) });
}

/** One of a few, where it is given; an empty one is none of them. */
export function optionalChoice(
  path: string,
  { value, supported }: { value: string | undefined; supported: readonly string[] },
): FieldError[] {
  if (value === undefined || supported.includes(value)) return [];
  return [notSupported(path, { value, supported })];
}

/** An address in any spelling that everybody reads alike. */
export function validateIp(value: string, path: string): FieldError[] {
  const ip = readIp(value);
  const fail = (detail: string) => [invalid(path, { value, detail })];
  if (ip === undefined) {
    return fail("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
  }
  if (ip.hasLeadingZeros) return fail("must not have leading 0s");
  return ip.isMapped ? fail("must not be an IPv4-mapped IPv6 address") : [];
}

/** A network in any spelling that everybody reads alike. */
export function validateCidr(value: string, path: string): FieldError[] {
  const cidr = readCidr(value);
  const fail = (detail: string) => [invalid(path, { value, detail })];
  if (cidr === undefined) {
    return fail("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  }
  if (cidr.hasLeadingZeros) return fail("must not have leading 0s in IP or prefix length");
  if (cidr.isMapped) return fail("must not have an IPv4-mapped IPv6 address");
  return cidr.isAmbiguous ? fail("must not have bits set beyond the prefix length") : [];
}

/** An address that means the same machine, or none, from wherever it is used. */
export function validateNonSpecialIp(value: string, path: string): FieldError[] {
  const ip = readIp(value)?.canonical;
  if (ip === undefined) return [invalid(path, { value, detail: "must be a valid IP address" })];
  const details: string[] = [];
  if (ip === "0.0.0.0" || ip === "::") details.push(`may not be unspecified (${value})`);
  if (ip.startsWith("127.") || ip === "::1") {
    details.push("may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (ip.startsWith("169.254.") || /^fe[89ab]/i.test(ip)) {
    details.push("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (ip.startsWith("224.0.0.") || /^ff02:/i.test(ip)) {
    details.push("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
  return invalidAll(path, { value, details });
}

/** Errors in a LabelSelector object. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: string,
): FieldError[] {
  return [
    ...validateLabels(selector?.matchLabels, `${path}.matchLabels`),
    ...each(selector?.matchExpressions, `${path}.matchExpressions`, validateExpression),
  ];
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Errors in one requirement of a selector of labels. */
export function validateExpression(expression: Expression, path: string): FieldError[] {
  const values = expression.values ?? [];
  return [
    ...validateSetOperator(expression, path),
    ...validateLabelKey(expression.key, `${path}.key`),
    ...each(values, `${path}.values`, (value, at) =>
      invalidAll(at, { value, details: labelValue(value) }),
    ),
  ];
}

/** The four operators that selectors of labels and of nodes share. */
export function validateSetOperator(
  { operator, values = [] }: Expression,
  path: string,
): FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn": {
      const detail = "must be specified when `operator` is 'In' or 'NotIn'";
      return values.length === 0 ? [required(`${path}.values`, detail)] : [];
    }
    case "Exists":
    case "DoesNotExist": {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return values.length > 0 ? [forbidden(`${path}.values`, detail)] : [];
    }
    default: {
      const detail = "not a valid selector operator";
      return [invalid(`${path}.operator`, { value: operator, detail })];
    }
  }
}
