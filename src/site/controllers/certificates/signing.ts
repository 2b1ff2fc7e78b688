import type { CertificateSigningRequest } from "#api/object.ts";
import { CERTIFICATE_SIGNING_REQUESTS } from "#api/resources.ts";
import type { Controller } from "#client/controller.ts";
import type { Usage } from "#lib/x509/certificate.ts";
import type { CertificateRequest } from "#lib/x509/certificate-request.ts";
import type { ControllerDeps } from "../deps.ts";
import { conditionOf, requestOf, withCondition } from "./conditions.ts";
import { createRequestController } from "./request-controller.ts";
import { grantedUsages, SignerRefusal } from "./signers.ts";

/** Makes the certificate, PEM. */
export type Sign = (
  request: CertificateRequest,
  granted: { readonly usages: readonly Usage[]; readonly seconds: number },
) => string;

/** `--cluster-signing-duration`: also the longest. */
const DEFAULT_SECONDS = 365 * 24 * 60 * 60;
const MIN_SECONDS = 10 * 60;

/** Signs what was approved for Kubernetes' own signers (`certificates/signer`). */
export function createSigningController(deps: ControllerDeps, sign: Sign): Controller {
  return createRequestController(deps, {
    name: "csrsigning",
    async reconcile(csr, client) {
      if (csr.status?.certificate || !conditionOf(csr, "Approved")) return undefined;
      if (conditionOf(csr, "Denied") || conditionOf(csr, "Failed")) return undefined;
      const next = signed(csr, sign);
      if (next) await client.updateStatus(CERTIFICATE_SIGNING_REQUESTS, next);
      return undefined;
    },
  });
}

/** The request with its certificate, or with the reason why it gets none; undefined where the signer is another. */
function signed(csr: CertificateSigningRequest, sign: Sign): CertificateSigningRequest | undefined {
  const { signerName, usages: wanted = [], expirationSeconds } = csr.spec;
  const request = requestOf(csr);
  try {
    const usages = grantedUsages(signerName, request, wanted);
    if (usages === undefined) return undefined;
    const certificate = sign(request, { usages, seconds: secondsOf(expirationSeconds) });
    return {
      ...csr,
      status: { ...csr.status, certificate: Buffer.from(certificate).toString("base64") },
    };
  } catch (error) {
    if (!(error instanceof SignerRefusal)) throw error;
    const reason = "SignerValidationFailure";
    return withCondition(csr, { type: "Failed", reason, message: error.message });
  }
}

function secondsOf(wanted: number | undefined): number {
  return Math.min(DEFAULT_SECONDS, Math.max(MIN_SECONDS, wanted ?? DEFAULT_SECONDS));
}
