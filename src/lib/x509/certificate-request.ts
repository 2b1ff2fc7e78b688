import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { dottedOf, type Element, readElements } from "./der-reader.ts";

/** What a PKCS #10 request asks a certificate for (RFC 2986). */
export interface CertificateRequest {
  /** DER of the subject's name. */
  readonly subject: Uint8Array;
  /** The last one in the subject; `""` where there is none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly names: AlternativeNames;
  readonly publicKey: KeyObject;
}

/** The names that a certificate is asked for beside its subject. */
export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
  /** 4 or 16 bytes each. */
  readonly ip: readonly Uint8Array[];
}

const ATTRIBUTES = 0xa0;
const BIT_STRING = 0x03;
const BMP_STRING = 0x1e;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
const SET = 0x31;
const BLOCK = /-----BEGIN ([^-]+)-----\s([\s\S]*?)-----END \1-----/;

const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  extensionRequest: "1.2.840.113549.1.9.14",
  subjectAltName: "2.5.29.17",
} as const;

/** The digest of each signature algorithm; Ed25519 has none of its own. */
const DIGESTS = new Map<string, string | null>([
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  ["1.3.101.112", null],
]);

/**
 * Reads a request in PEM and makes sure that its sender has the private key.
 * @throws {Error} what is wrong with it.
 */
export function readCertificateRequest(pem: string): CertificateRequest {
  const [, type, base64 = ""] = BLOCK.exec(pem) ?? [];
  if (type !== "CERTIFICATE REQUEST") {
    throw new Error("PEM block type must be CERTIFICATE REQUEST");
  }
  const [request, ...after] = readElements(Buffer.from(base64, "base64"));
  const [info, algorithm, signature, ...more] = parts(request);
  const [, subject, key, attributes] = parts(info);
  const [oid] = parts(algorithm);
  // The first byte of a BIT STRING says how many bits of the last do not count: none.
  const isSigned = signature?.tag === BIT_STRING && signature.content[0] === 0;
  const isWhole = after.length === 0 && more.length === 0 && oid?.tag === OBJECT_IDENTIFIER;
  if (!(isSigned && isWhole && info && subject && key)) throw malformed();
  const publicKey = createPublicKey({ key: Buffer.from(key.raw), format: "der", type: "spki" });
  const digest = DIGESTS.get(dottedOf(oid.content));
  if (digest === undefined) {
    throw new Error("x509: cannot verify signature: algorithm unimplemented");
  }
  if (!verify(digest, info.raw, publicKey, signature.content.subarray(1))) {
    throw new Error("x509: signature of the certificate request is not by its key");
  }
  return {
    subject: subject.raw,
    ...subjectNames(subject),
    names: alternativeNames(requestedNames(attributes)),
    publicKey,
  };
}

const malformed = (): Error => new Error("x509: malformed certificate request");

function subjectNames(subject: Element): Pick<CertificateRequest, "commonName" | "organizations"> {
  let commonName = "";
  const organizations: string[] = [];
  for (const attribute of parts(subject).flatMap((set) => parts(set, SET))) {
    const [type, value] = parts(attribute);
    if (type === undefined || value === undefined) throw malformed();
    const oid = dottedOf(type.content);
    if (oid === OID.commonName) commonName = textOf(value);
    else if (oid === OID.organization) organizations.push(textOf(value));
  }
  return { commonName, organizations };
}

function alternativeNames(requested: readonly Element[]): AlternativeNames {
  const tagged = (tag: number) => requested.filter((one) => one.tag === tag);
  const texts = (tag: number) =>
    tagged(tag).map(({ content }) => Buffer.from(content).toString("latin1"));
  const ip = tagged(0x87).map(({ content }) => content);
  if (ip.some(({ length }) => length !== 4 && length !== 16)) throw malformed();
  return { dns: texts(0x82), email: texts(0x81), uri: texts(0x86), ip };
}

/** The GeneralNames that the request's extensions ask for. */
function requestedNames(attributes: Element | undefined): readonly Element[] {
  if (attributes?.tag !== ATTRIBUTES) return [];
  const extensions = readElements(attributes.content).flatMap((attribute) => {
    const [type, values] = parts(attribute);
    if (type === undefined || dottedOf(type.content) !== OID.extensionRequest) return [];
    return parts(values, SET).flatMap((list) => parts(list));
  });
  return extensions.flatMap((extension) => {
    const fields = parts(extension);
    const [type, value] = [fields[0], fields.at(-1)];
    if (type === undefined || value === undefined) throw malformed();
    if (dottedOf(type.content) !== OID.subjectAltName) return [];
    const [names] = readElements(value.content);
    return parts(names);
  });
}

function textOf({ tag, content }: Element): string {
  return new TextDecoder(tag === BMP_STRING ? "utf-16be" : "utf-8").decode(content);
}

function parts(element: Element | undefined, tag = SEQUENCE): Element[] {
  if (element?.tag !== tag) throw malformed();
  return readElements(element.content);
}
