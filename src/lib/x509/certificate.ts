import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIP } from "node:net";
import type { CertificateRequest } from "./certificate-request.ts";
import {
  bitString,
  boolean,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  tagged,
  time,
  utf8String,
} from "./der.ts";
import { readElements } from "./der-reader.ts";
import { ipBytes } from "./ip-bytes.ts";
import { subjectOf } from "./read-certificate.ts";

/** A distinguished name. */
export interface Name {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** For an authority that outlives the machine (RFC 5280 §4.1.2.5: no well-defined end). */
export const NO_EXPIRY = new Date("9999-12-31T23:59:59Z");

export interface AuthorityOptions {
  readonly subject: Name;
  readonly privateKey: KeyObject;
  readonly validity: Validity;
}

export interface LeafOptions {
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly certificate: X509Certificate; readonly privateKey: KeyObject };
  readonly validity: Validity;
  readonly usages: readonly ("server" | "client")[];
  /** DNS names and IP addresses that it is for. */
  readonly hosts?: readonly string[];
}

const OID = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

const SIGNATURE_ALGORITHM = sequence(objectIdentifier(OID.ecdsaWithSha256));

/** A new ECDSA P-256 key, PEM (PKCS #8). */
export function generateKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** A self-signed certificate of an authority that issues leaves only, PEM. */
export function createAuthority({ subject, privateKey, validity }: AuthorityOptions): string {
  const publicKey = createPublicKey(privateKey);
  return signed(privateKey, {
    issuer: encodeName(subject),
    validity,
    subject: encodeName(subject),
    publicKey,
    extensions: [
      // CA, path length 0.
      critical(OID.basicConstraints, sequence(boolean(true), integer(Buffer.from([0])))),
      // digitalSignature, keyCertSign, cRLSign
      critical(OID.keyUsage, bitString(Buffer.from([0b1000_0110]), 1)),
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    ],
  });
}

/** What a certificate may be used for, by Kubernetes' names of the bits and purposes. */
export type Usage = "digital signature" | "key encipherment" | "client auth" | "server auth";

export interface SignOptions {
  readonly request: CertificateRequest;
  readonly issuer: LeafOptions["issuer"];
  readonly validity: Validity;
  readonly usages: readonly Usage[];
}

/** The certificate that was asked for: its subject, names and key, and the usages that are granted. PEM. */
export function signRequest({ request, issuer, validity, usages }: SignOptions): string {
  const { subject, publicKey, names } = request;
  const bits =
    (usages.includes("digital signature") ? 0b1000_0000 : 0) |
    (usages.includes("key encipherment") ? 0b0010_0000 : 0);
  const purposes = [
    ...(usages.includes("server auth") ? [OID.server] : []),
    ...(usages.includes("client auth") ? [OID.client] : []),
  ];
  const general = [
    ...names.dns.map((name) => tagged(0x82, Buffer.from(name, "latin1"))),
    ...names.email.map((name) => tagged(0x81, Buffer.from(name, "latin1"))),
    ...names.ip.map((ip) => tagged(0x87, ip)),
    ...names.uri.map((name) => tagged(0x86, Buffer.from(name, "latin1"))),
  ];
  return signed(issuer.privateKey, {
    issuer: subjectOf(issuer.certificate),
    validity,
    subject,
    publicKey,
    extensions: [
      critical(OID.basicConstraints, sequence()),
      critical(OID.keyUsage, bitString(Buffer.from([bits]), bits & 0b0010_0000 ? 5 : 7)),
      extension(OID.extendedKeyUsage, sequence(...purposes.map(objectIdentifier))),
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
      extension(
        OID.authorityKeyIdentifier,
        sequence(tagged(0x80, keyIdentifier(createPublicKey(issuer.privateKey)))),
      ),
      ...(general.length > 0 ? [extension(OID.subjectAltName, sequence(...general))] : []),
    ],
  });
}

/** A certificate for a server or client, PEM. */
export function issueLeaf(options: LeafOptions): string {
  const { subject, publicKey, issuer, validity, usages, hosts = [] } = options;
  const issuerId = keyIdentifier(createPublicKey(issuer.privateKey));
  const purposes = usages.map((usage) => objectIdentifier(OID[usage]));
  return signed(issuer.privateKey, {
    issuer: subjectOf(issuer.certificate),
    validity,
    subject: encodeName(subject),
    publicKey,
    extensions: [
      critical(OID.basicConstraints, sequence()),
      // digitalSignature
      critical(OID.keyUsage, bitString(Buffer.from([0b1000_0000]), 7)),
      extension(OID.extendedKeyUsage, sequence(...purposes)),
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
      extension(OID.authorityKeyIdentifier, sequence(tagged(0x80, issuerId))),
      ...(hosts.length > 0 ? [subjectAltName(hosts)] : []),
    ],
  });
}

/** Whether a certificate is for all of these hosts, names and addresses; it may be for others too. */
export function isForHosts(certificate: X509Certificate, hosts: readonly string[]): boolean {
  return hosts.every(
    (host) =>
      (isIP(host) === 0
        ? certificate.checkHost(host, { subject: "never" })
        : certificate.checkIP(host)) !== undefined,
  );
}

/** Whether `key` (PEM) is the private key of a certificate. */
export function isKeyOf(key: string, certificate: X509Certificate): boolean {
  return certificate.checkPrivateKey(createPrivateKey(key));
}

interface Unsigned {
  readonly issuer: Uint8Array;
  readonly validity: Validity;
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Uint8Array[];
}

function signed(key: KeyObject, parts: Unsigned): string {
  const body = sequence(
    // v3
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    SIGNATURE_ALGORITHM,
    parts.issuer,
    sequence(time(parts.validity.notBefore), time(parts.validity.notAfter)),
    parts.subject,
    parts.publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...parts.extensions)),
  );
  const der = sequence(body, SIGNATURE_ALGORITHM, bitString(sign("sha256", body, key)));
  return new X509Certificate(der).toString();
}

/** 127 random bits: positive, never zero, within the 20 octets of RFC 5280 §4.1.2.2. */
function serialNumber(): Uint8Array {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function encodeName({ organizations = [], commonName }: Name): Buffer {
  const attribute = (type: string, value: string): Buffer =>
    setOf(sequence(objectIdentifier(type), utf8String(value)));
  return sequence(
    ...organizations.map((organization) => attribute(OID.organization, organization)),
    attribute(OID.commonName, commonName),
  );
}

function subjectAltName(hosts: readonly string[]): Buffer {
  const names = [...new Set(hosts)].sort().map((host) => {
    const ip = ipBytes(host);
    return ip ? tagged(0x87, ip) : tagged(0x82, Buffer.from(host, "ascii"));
  });
  return extension(OID.subjectAltName, sequence(...names));
}

function extension(id: string, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(id), octetString(value));
}

function critical(id: string, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(id), boolean(true), octetString(value));
}

/** SHA-1 of the public key's bits (RFC 5280 §4.2.1.2). */
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const spki = publicKey.export({ type: "spki", format: "der" });
  const [info] = readElements(spki);
  const [, bits] = readElements(info?.content ?? spki);
  // The first byte counts unused bits: none.
  return createHash("sha1")
    .update(bits?.content.subarray(1) ?? spki)
    .digest();
}
