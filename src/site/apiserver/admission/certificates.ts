import { isDeepStrictEqual } from "node:util";
import type { CertificateSigningRequest } from "#api/object.ts";
import { CERTIFICATE_SIGNING_REQUESTS } from "#api/resources.ts";
import type { UserInfo } from "#api/verbs.ts";
import { explain } from "#lib/errors.ts";
import { readCertificateRequest } from "#lib/x509/certificate-request.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import { type AdmissionPlugin, refused } from "./plugin.ts";

const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";

const kinds = [CERTIFICATE_SIGNING_REQUESTS];

/** CertificateApproval: only who may `approve` for a signer approves its requests. */
export function certificateApproval(
  authorizer: Authorizer,
): AdmissionPlugin<CertificateSigningRequest> {
  return {
    kinds,
    subresources: ["approval"],
    validate(request) {
      const { operation, current, target, admission } = request;
      if (operation !== "UPDATE" || target.subresource !== "approval") return;
      const { signerName } = current.spec;
      if (maySigner(authorizer, { user: admission.user, verb: "approve", signerName })) return;
      throw refused(
        request,
        `user not permitted to approve requests with signerName "${signerName}"`,
      );
    },
  };
}

/** CertificateSigning: only who may `sign` for a signer gives its requests a certificate, or says why not. */
export function certificateSigning(
  authorizer: Authorizer,
): AdmissionPlugin<CertificateSigningRequest> {
  return {
    kinds,
    subresources: ["status"],
    validate(request) {
      const { operation, object, current, target, admission } = request;
      if (operation !== "UPDATE" || target.subresource !== "status") return;
      if (
        object.status?.certificate === current.status?.certificate &&
        isDeepStrictEqual(object.status?.conditions, current.status?.conditions)
      )
        return;
      const { signerName } = current.spec;
      if (maySigner(authorizer, { user: admission.user, verb: "sign", signerName })) return;
      throw refused(request, `user not permitted to sign requests with signerName "${signerName}"`);
    },
  };
}

/** CertificateSubjectRestriction: nobody becomes a superuser by a signature. */
export const certificateSubjectRestriction: AdmissionPlugin<CertificateSigningRequest> = {
  kinds,
  validate(request) {
    const { operation, object } = request;
    if (operation !== "CREATE" || object.spec.signerName !== CLIENT_SIGNER) return;
    if (!organizationsOf(request.object).includes("system:masters")) return;
    throw refused(
      request,
      `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`,
    );

    function organizationsOf({ spec }: CertificateSigningRequest): readonly string[] {
      try {
        return readCertificateRequest(Buffer.from(spec.request, "base64").toString()).organizations;
      } catch (error) {
        throw refused(request, `failed to parse CSR: ${explain(error)}`);
      }
    }
  },
};

interface SignerWish {
  readonly user: UserInfo;
  readonly verb: "approve" | "sign";
  readonly signerName: string;
}

/** Signers are resources that exist in rules alone; `domain/*` names all of a domain. */
function maySigner(authorizer: Authorizer, { user, verb, signerName }: SignerWish): boolean {
  const [domain = ""] = signerName.split("/");
  const what = { group: "certificates.k8s.io", version: "*", resource: "signers" };
  return [signerName, `${domain}/*`].some(
    (name) =>
      authorizer.decide(user, { verb, ...what, subresource: "", namespace: "", name }).allowed,
  );
}
