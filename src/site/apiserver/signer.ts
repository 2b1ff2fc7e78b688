import { createPrivateKey, X509Certificate } from "node:crypto";
import { signRequest, type Usage } from "#lib/x509/certificate.ts";
import type { CertificateRequest } from "#lib/x509/certificate-request.ts";
import type { ClientCertificates } from "./client-certificates.ts";
import type { Pki } from "./pki.ts";

/** A client whose clock is a little behind finds its certificate valid. */
const BACKDATE_MS = 5 * 60_000;
/** What holds less long is not shortened by that. */
const SHORT_SECONDS = 8 * 60 * 60;

/** What a certificate is given. */
export interface Grant {
  readonly usages: readonly Usage[];
  /** How long it holds, from now. */
  readonly seconds: number;
}

interface SignerOptions {
  readonly pki: Pki;
  /** The latest time that is known. */
  readonly now: () => Date;
  /** Remembers what was signed for clients. */
  readonly clients: Pick<ClientCertificates, "record">;
}

/**
 * Signs requests with the site's authority. It counts from the latest time that is known, so that a
 * clock that says 1970 makes nothing that is over once it is right; the certificate holds by the
 * clock, too.
 */
export function createSigner({ pki, now, clients }: SignerOptions) {
  const issuer = {
    certificate: new X509Certificate(pki.ca),
    privateKey: createPrivateKey(pki.caKey),
  };
  return (request: CertificateRequest, { usages, seconds }: Grant): string => {
    const notBeforeMs = Math.max(0, Math.min(Date.now(), now().getTime()) - BACKDATE_MS);
    // What holds for long begins and ends as much earlier.
    const lifeMs = seconds < SHORT_SECONDS ? seconds * 1000 : seconds * 1000 - BACKDATE_MS;
    const validity = {
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(now().getTime() + lifeMs),
    };
    const certificate = signRequest({ request, issuer, validity, usages });
    if (usages.includes("client auth")) clients.record(certificate, now());
    return certificate;
  };
}
