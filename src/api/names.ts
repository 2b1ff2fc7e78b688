import { isIP } from "node:net";

/**
 * The formats of names, as Kubernetes words their errors (apimachinery/pkg/util/validation). Every
 * function returns what is wrong with a value, in whole sentences; an empty list means nothing is.
 */

const LABEL_1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN_1123 = `${LABEL_1123}(\\.${LABEL_1123})*`;
const UNDERSCORED_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const UNDERSCORED = `${UNDERSCORED_LABEL}(\\.${UNDERSCORED_LABEL})*`;
const WILDCARD_1123 = `\\*\\.${SUBDOMAIN_1123}`;
const LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;
const CONFIG_KEY = "[-._a-zA-Z0-9]+";
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const HTTP_HEADER = "[-A-Za-z0-9]+";

const SUBDOMAIN_MAX_BYTES = 253;
const LABEL_MAX_BYTES = 63;
const PORT_NAME_MAX_BYTES = 15;

interface Format {
  readonly pattern: string;
  readonly says: string;
  readonly examples: readonly string[];
}

const whole = (pattern: string) => new RegExp(`^${pattern}$`);

const MATCHES = {
  label1123: whole(LABEL_1123),
  subdomain1123: whole(SUBDOMAIN_1123),
  underscored: whole(UNDERSCORED),
  wildcard1123: whole(WILDCARD_1123),
  label1035: whole(LABEL_1035),
  qualifiedName: whole(QUALIFIED_NAME),
  labelValue: whole(LABEL_VALUE),
  configKey: whole(CONFIG_KEY),
  httpPath: whole(HTTP_PATH),
  httpHeader: whole(HTTP_HEADER),
  portName: /^[-a-z0-9]+$/,
  printableButEquals: /^[ -<>-~]+$/,
};

function breaks({ pattern, says, examples }: Format): string {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${says} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const moreBytesThan = (bytes: number) => `must be no more than ${bytes} bytes`;
/** Bytes are counted all the same. */
const longerThan = (bytes: number) => `must be no more than ${bytes} characters`;
const between = (low: number, high: number) => `must be between ${low} and ${high}, inclusive`;

const QUALIFIED_NAME_ERROR = breaks({
  pattern: QUALIFIED_NAME,
  says: "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ["MyName", "my.name", "123-abc"],
});

const byteLength = (text: string) => Buffer.byteLength(text);

/** A DNS label of at most 63 bytes: `my-name`. */
export function dns1123Label(value: string): string[] {
  const errors = byteLength(value) > LABEL_MAX_BYTES ? [longerThan(LABEL_MAX_BYTES)] : [];
  if (MATCHES.label1123.test(value)) return errors;
  if (MATCHES.subdomain1123.test(value)) return [...errors, "must not contain dots"];
  const says =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, breaks({ pattern: LABEL_1123, says, examples: ["my-name", "123-abc"] })];
}

/** Labels joined by dots, at most 253 bytes: the name of most objects. */
export function dns1123Subdomain(value: string, tooLong = longerThan): string[] {
  const errors = byteLength(value) > SUBDOMAIN_MAX_BYTES ? [tooLong(SUBDOMAIN_MAX_BYTES)] : [];
  if (MATCHES.subdomain1123.test(value)) return errors;
  const says =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, breaks({ pattern: SUBDOMAIN_1123, says, examples: ["example.com"] })];
}

/** A DNS subdomain as resolvers know it: with underscores, as the names of services have them. */
export function dns1123SubdomainWithUnderscore(value: string): string[] {
  const errors = byteLength(value) > SUBDOMAIN_MAX_BYTES ? [longerThan(SUBDOMAIN_MAX_BYTES)] : [];
  if (MATCHES.underscored.test(value)) return errors;
  const says =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, breaks({ pattern: UNDERSCORED, says, examples: ["example.com"] })];
}

/** `*.` and a DNS subdomain. */
export function wildcardDns1123Subdomain(value: string): string[] {
  const errors = byteLength(value) > SUBDOMAIN_MAX_BYTES ? [longerThan(SUBDOMAIN_MAX_BYTES)] : [];
  if (MATCHES.wildcard1123.test(value)) return errors;
  const says =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...errors, breaks({ pattern: WILDCARD_1123, says, examples: ["*.example.com"] })];
}

/** A DNS label that starts with a letter. */
export function dns1035Label(value: string): string[] {
  const errors = byteLength(value) > LABEL_MAX_BYTES ? [longerThan(LABEL_MAX_BYTES)] : [];
  if (MATCHES.label1035.test(value)) return errors;
  const says =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, breaks({ pattern: LABEL_1035, says, examples: ["my-name", "abc-123"] })];
}

/** Anything that can be one segment of a URL path: the names of RBAC objects. */
export function pathSegment(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"]
    .filter((part) => value.includes(part))
    .map((part) => `may not contain '${part}'`);
}

/** The key of a label, an annotation, a taint or a resource: `name` or `domain/name`. */
export function qualifiedName(value: string): string[] {
  const parts = value.split("/");
  if (parts.length > 2) {
    const optional = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    return [`a valid label key ${QUALIFIED_NAME_ERROR}${optional}`];
  }
  const name = parts.at(-1) ?? "";
  const errors = parts.length === 2 ? prefixErrors(parts[0] ?? "") : [];
  if (name === "") errors.push("name part must be non-empty");
  else if (byteLength(name) > LABEL_MAX_BYTES)
    errors.push(`name part ${moreBytesThan(LABEL_MAX_BYTES)}`);
  if (!MATCHES.qualifiedName.test(name)) errors.push(`name part ${QUALIFIED_NAME_ERROR}`);
  return errors;
}

function prefixErrors(prefix: string): string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  return dns1123Subdomain(prefix, moreBytesThan).map((error) => `prefix part ${error}`);
}

interface Judged {
  readonly value: string;
  readonly errors: string[];
}

/** A path below a domain, `acme.io/foo`: what is wrong with the whole, or else with each part. */
export function domainPrefixedPath(value: string): {
  readonly malformed: string[];
  readonly host: Judged;
  readonly rest: Judged;
} {
  const slash = value.indexOf("/");
  const [host, rest] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  const isWhole = host !== "" && rest !== "";
  const malformed = isWhole ? [] : ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const path = `Invalid path (regex used for validation is '${HTTP_PATH}')`;
  return {
    malformed,
    host: { value: host, errors: dns1123Subdomain(host) },
    rest: { value: rest, errors: MATCHES.httpPath.test(rest) ? [] : [path] },
  };
}

/** An IP address in the one form that Kubernetes writes it in. */
export function ipAddress(value: string): string[] {
  if (isIP(value) === 0) {
    return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
  }
  const canonical = isIP(value) === 4 ? value : new URL(`http://[${value}]`).hostname.slice(1, -1);
  return canonical === value ? [] : [`must be in canonical form ("${canonical}")`];
}

/** The value of a label: empty, or as a name without prefix. */
export function labelValue(value: string): string[] {
  const errors = byteLength(value) > LABEL_MAX_BYTES ? [moreBytesThan(LABEL_MAX_BYTES)] : [];
  if (MATCHES.labelValue.test(value)) return errors;
  const says =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  const examples = ["MyValue", "my_value", "12345"];
  return [...errors, breaks({ pattern: LABEL_VALUE, says, examples })];
}

/** A key of a ConfigMap or Secret, which becomes a file name. */
export function configKey(value: string): string[] {
  const errors = byteLength(value) > SUBDOMAIN_MAX_BYTES ? [longerThan(SUBDOMAIN_MAX_BYTES)] : [];
  if (!MATCHES.configKey.test(value)) {
    const says = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    const examples = ["key.name", "KEY_NAME", "key-name"];
    errors.push(breaks({ pattern: CONFIG_KEY, says, examples }));
  }
  if (value === "." || value === "..") errors.push(`must not be '${value}'`);
  else if (value.startsWith("..")) errors.push("must not start with '..'");
  return errors;
}

/** The name of an environment variable. */
export function envVarName(value: string): string[] {
  if (MATCHES.printableButEquals.test(value)) return [];
  if (value === "") return ["environment variable name must be non-empty"];
  return [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ];
}

export function httpHeaderName(value: string): string[] {
  if (MATCHES.httpHeader.test(value)) return [];
  const says = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [breaks({ pattern: HTTP_HEADER, says, examples: ["X-Header-Name"] })];
}

/** An IANA service name (RFC 6335): the name of a container port. */
export function portName(value: string): string[] {
  const errors = byteLength(value) > PORT_NAME_MAX_BYTES ? [longerThan(PORT_NAME_MAX_BYTES)] : [];
  if (!MATCHES.portName.test(value)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) errors.push("must contain at least one letter (a-z)");
  if (value.includes("--")) errors.push("must not contain consecutive hyphens");
  if (/^-|-$/.test(value)) errors.push("must not begin or end with a hyphen");
  return errors;
}

export function portNumber(value: number): string[] {
  return inRange(value, { low: 1, high: 65_535 });
}

/** A user or group id. */
export function userId(value: number): string[] {
  return inRange(value, { low: 0, high: 2_147_483_647 });
}

/** A whole number between `low` and `high`, both allowed. */
export function inRange(value: number, { low, high }: { low: number; high: number }): string[] {
  return Number.isInteger(value) && value >= low && value <= high ? [] : [between(low, high)];
}
