import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { dottedOf, type Element, readElements } from "./der-reader.ts";

/** What a PKCS #10 request asks a certificate for (RFC 2986). */
export interface CertificateRequest {
  /** DER of the subject's name. */
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
}

const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
const BLOCK = /-----BEGIN ([^-]+)-----\s([\s\S]*?)-----END \1-----/;

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
  const [, subject, key] = parts(info);
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
  return { subject: subject.raw, publicKey };
}

const malformed = (): Error => new Error("x509: malformed certificate request");

function parts(element: Element | undefined): Element[] {
  if (element?.tag !== SEQUENCE) throw malformed();
  return readElements(element.content);
}
