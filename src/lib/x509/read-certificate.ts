import type { X509Certificate } from "node:crypto";

/** The DER of a certificate's subject, byte for byte: what those it issues must name as issuer. */
export function subjectOf({ raw }: X509Certificate): Uint8Array {
  const [body] = children(raw);
  const fields = body ? children(body) : [];
  // RFC 5280 §4.1: version (always there in v3), serial, algorithm, issuer, validity, subject.
  const subject = fields[5];
  if (!subject) throw new TypeError("Expected a version 3 certificate");
  return subject;
}

/** What a certificate says about whom it is for. */
export interface SubjectNames {
  /** The last one where there are several; `""` where there is none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** The names in the subject, read from the DER: written as text, a name may pass for two. */
export function subjectNames(certificate: X509Certificate): SubjectNames {
  let commonName = "";
  const organizations: string[] = [];
  for (const attribute of children(subjectOf(certificate)).flatMap(children)) {
    const [type = new Uint8Array(), value = new Uint8Array()] = children(attribute);
    if (COMMON_NAME.equals(type)) commonName = textOf(value);
    else if (ORGANIZATION.equals(type)) organizations.push(textOf(value));
  }
  return { commonName, organizations };
}

const COMMON_NAME = Buffer.from([0x06, 3, 0x55, 0x04, 0x03]);
const ORGANIZATION = Buffer.from([0x06, 3, 0x55, 0x04, 0x0a]);
const BMP_STRING = 0x1e;

function textOf(value: Uint8Array): string {
  const { start, end } = extent(value, 0);
  const encoding = value[0] === BMP_STRING ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(value.subarray(start, end));
}

/** The TLVs inside a constructed TLV. */
function children(outer: Uint8Array): Uint8Array[] {
  const all: Uint8Array[] = [];
  const { start, end } = extent(outer, 0);
  for (let at = start; at < end; ) {
    const next = extent(outer, at).end;
    all.push(outer.subarray(at, next));
    at = next;
  }
  return all;
}

/** Where the content of the TLV at `at` starts and ends. OpenSSL parsed it before: it is well-formed. */
function extent(bytes: Uint8Array, at: number): { start: number; end: number } {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const start = at + 2 + (first & 0x7f);
  const length = bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return { start, end: start + length };
}
