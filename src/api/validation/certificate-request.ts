import { X509Certificate } from "node:crypto";
import { readCertificateRequest } from "#lib/x509/certificate-request.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../names.ts";
import type { CertificateSigningRequest } from "../object.ts";
import { each } from "./common.ts";

type Condition = NonNullable<
  NonNullable<CertificateSigningRequest["status"]>["conditions"]
>[number];

const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];
const LEGACY_SIGNER = "kubernetes.io/legacy-unknown";
const MIN_SECONDS = 600;
const DOMAIN_MAX_BYTES = 253;
const SIGNER_MAX_BYTES = 571;
const DECISIONS = ["Approved", "Denied"];
const FOR_EVER = [...DECISIONS, "Failed"];

/** Errors of a CertificateSigningRequest; the sender must have the key that it is for. */
export function validateCertificateRequest(given: CertificateSigningRequest): FieldError[] {
  const { request = "", usages = [], signerName = "", expirationSeconds } = given.spec ?? {};
  const errors = validateRequest(request, "spec.request");
  if (usages.length === 0) errors.push(required("spec.usages"));
  const path = "spec.usages";
  errors.push(
    ...each(usages, path, (value, at) =>
      USAGES.includes(value) ? [] : [notSupported(at, { value, supported: USAGES })],
    ),
    ...each(usages, path, (value, at) =>
      usages.indexOf(value) === Number(/\d+(?=\]$)/.exec(at)?.[0]) ? [] : [duplicate(at, value)],
    ),
  );
  if (signerName === LEGACY_SIGNER) {
    const detail = "the legacy signerName is not allowed via this API version";
    errors.push(invalid("spec.signerName", { value: signerName, detail }));
  } else errors.push(...validateSignerName(signerName, "spec.signerName"));
  if (expirationSeconds !== undefined && expirationSeconds < MIN_SECONDS) {
    const detail = `may not specify a duration less than ${MIN_SECONDS} seconds (10 minutes)`;
    errors.push(invalid("spec.expirationSeconds", { value: expirationSeconds, detail }));
  }
  return [
    ...errors,
    ...validateConditions(given.status?.conditions ?? [], "status.conditions"),
    ...validateCertificate(given.status?.certificate ?? "", "status.certificate"),
  ];
}

function validateRequest(base64: string, path: string): FieldError[] {
  try {
    readCertificateRequest(Buffer.from(base64, "base64").toString("latin1"));
    return [];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [invalid(path, { value: base64, detail })];
  }
}

/** Errors of a signer's name, `example.com/signer`. */
function validateSignerName(value: string, path: string): FieldError[] {
  if (value === "") return [required(path)];
  const [domain = "", rest = "", ...more] = value.split("/");
  if (more.length > 0 || !value.includes("/")) {
    const detail =
      "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalid(path, { value, detail })];
  }
  const errors: FieldError[] = [];
  if (domain.length > DOMAIN_MAX_BYTES) errors.push(tooLong(path, DOMAIN_MAX_BYTES));
  errors.push(...validateLabels(domain, path, dns1123Label));
  if (!domain.includes(".")) {
    const detail = "should be a domain with at least two segments separated by dots";
    errors.push(invalid(path, { value: domain, detail }));
  }
  errors.push(...validateLabels(rest, path, dns1123Subdomain));
  if (value.length > SIGNER_MAX_BYTES) errors.push(tooLong(path, SIGNER_MAX_BYTES));
  return errors;
}

/** The errors of the first label in a name that is not a good one. */
function validateLabels(
  value: string,
  path: string,
  check: (label: string) => string[],
): FieldError[] {
  const bad = value.split(".").find((label) => check(label).length > 0);
  if (bad === undefined) return [];
  return check(bad).map((error) =>
    invalid(path, { value, detail: `validating label ${JSON.stringify(bad)}: ${error}` }),
  );
}

function validateConditions(conditions: readonly Condition[], path: string): FieldError[] {
  const seen = new Set<string>();
  return each(conditions, path, ({ type, status }, at) => {
    const errors = type ? [] : [required(`${at}.type`)];
    const supported = FOR_EVER.includes(type) ? ["True"] : ["False", "True", "Unknown"];
    if (!status) errors.push(required(`${at}.status`));
    else if (!supported.includes(status)) {
      errors.push(notSupported(`${at}.status`, { value: status, supported }));
    }
    const other = { Approved: "Denied", Denied: "Approved" }[type];
    if (other !== undefined && seen.has(other)) {
      const detail = "Approved and Denied conditions are mutually exclusive";
      errors.push(invalid(path, { value: type, detail }));
    }
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
    return errors;
  });
}

function validateCertificate(base64: string, path: string): FieldError[] {
  if (base64 === "") return [];
  const detail = certificateError(Buffer.from(base64, "base64").toString("latin1"));
  return detail === undefined ? [] : [invalid(path, { value: "<certificate data>", detail })];
}

function certificateError(pem: string): string | undefined {
  const blocks = [...pem.matchAll(/-----BEGIN ([^-]+)-----\s([\s\S]*?)-----END \1-----/g)];
  if (blocks.length === 0) return "must contain at least one CERTIFICATE PEM block";
  for (const [block, type, body = ""] of blocks) {
    if (type !== "CERTIFICATE") {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    }
    if (body.includes(":")) return "no PEM block headers are permitted";
    try {
      new X509Certificate(block);
    } catch {
      return "x509: malformed certificate";
    }
  }
  return undefined;
}

const ofType = ({ status }: CertificateSigningRequest, type: string) =>
  (status?.conditions ?? []).filter((condition) => condition.type === type);

/** Errors of any change, also through `/approval`: what was decided stays decided. */
export function validateCertificateRequestApproval(
  next: CertificateSigningRequest,
  current: CertificateSigningRequest,
): FieldError[] {
  return FOR_EVER.filter((type) => ofType(next, type).length < ofType(current, type).length).map(
    (type) =>
      forbidden(
        "status.conditions",
        `updates may not remove a condition of type ${JSON.stringify(type)}`,
      ),
  );
}

/** Errors of a change through `/status`: a signer decides nothing, and signs once. */
export function validateCertificateRequestStatus(
  next: CertificateSigningRequest,
  current: CertificateSigningRequest,
): FieldError[] {
  const errors = validateCertificateRequestApproval(next, current);
  for (const type of DECISIONS) {
    if (ofType(next, type).length > ofType(current, type).length) {
      const detail = `updates may not add a condition of type ${JSON.stringify(type)}`;
      errors.push(forbidden("status.conditions", detail));
    }
  }
  const [now, before] = [next.status?.certificate ?? "", current.status?.certificate ?? ""];
  if (before === "" || now === before) return errors;
  const detail = "updates may not modify existing certificate content";
  return [...errors, forbidden("status.certificate", detail)];
}
