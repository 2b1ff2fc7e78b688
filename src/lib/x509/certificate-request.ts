import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { dottedOf, type Element, readElements } from "./der-reader.ts";

/** What a PKCS #10 request asks a certificate for (RFC 2986). */
export interface CertificateRequest {
  /** DER of the subject's name. */
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
}

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
  const [request] = readElements(Buffer.from(base64, "base64"));
  const [info, algorithm, signature] = parts(request, "a certificate request");
  const [, subject, key] = parts(info, "the body of a certificate request");
  const [oid] = parts(algorithm, "the signature algorithm of a certificate request");
  if (info === undefined || subject === undefined || key === undefined || oid === undefined) {
    throw new Error("x509: malformed certificate request");
  }
  const publicKey = createPublicKey({ key: Buffer.from(key.raw), format: "der", type: "spki" });
  const digest = DIGESTS.get(dottedOf(oid.content));
  if (digest === undefined) {
    throw new Error("x509: cannot verify signature: algorithm unimplemented");
  }
  // The first byte of a BIT STRING says how many bits of the last do not count: none.
  const bytes = signature?.content.subarray(1) ?? new Uint8Array();
  if (!verify(digest, info.raw, publicKey, bytes)) {
    throw new Error("x509: signature of the certificate request is not by its key");
  }
  return { subject: subject.raw, publicKey };
}

function parts(element: Element | undefined, what: string): Element[] {
  if (element?.tag !== 0x30) throw new Error(`x509: malformed certificate request: no ${what}`);
  return readElements(element.content);
}
