import type { Access } from "#api/access.ts";
import type { CertificateSigningRequest } from "#api/object.ts";
import { CERTIFICATE_SIGNING_REQUESTS } from "#api/resources.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { Controller } from "#client/controller.ts";
import type { ControllerDeps } from "../deps.ts";
import { conditionOf, requestOf, withCondition } from "./conditions.ts";
import { createRequestController } from "./request-controller.ts";
import { isKubeletClientRequest, KUBELET_CLIENT_SIGNER } from "./signers.ts";

/** Whether a user may do something. */
export type Allows = (user: UserInfo, access: Access) => boolean;

/** Approves what kubelets ask for themselves, where roles let them (`certificates/approver`). */
export function createApprovingController(deps: ControllerDeps, allows: Allows): Controller {
  return createRequestController(deps, {
    name: "csrapproving",
    async reconcile(csr, client) {
      if (csr.status?.certificate) return undefined;
      if (conditionOf(csr, "Approved") || conditionOf(csr, "Denied")) return undefined;
      const subresources = asKubelet(csr);
      const granted = subresources.find((subresource) =>
        allows(requestorOf(csr), accessTo(subresource)),
      );
      // Without a role it is left to people.
      if (granted === undefined) return undefined;
      const which = granted === "selfnodeclient" ? "self kubelet" : "kubelet";
      const approved = withCondition(csr, {
        type: "Approved",
        reason: "AutoApproved",
        message: `Auto approving ${which} client certificate after SubjectAccessReview.`,
      });
      await client.updateSubresource(CERTIFICATE_SIGNING_REQUESTS, approved, "approval");
      return undefined;
    },
  });
}

/** The rights that each approve it. */
function asKubelet(csr: CertificateSigningRequest): readonly string[] {
  if (csr.spec.signerName !== KUBELET_CLIENT_SIGNER) return [];
  const request = requestOf(csr);
  if (!isKubeletClientRequest(request, csr.spec.usages ?? [])) return [];
  const isSelf = csr.spec.username === request.commonName;
  return isSelf ? ["selfnodeclient", "nodeclient"] : ["nodeclient"];
}

function requestorOf({ spec }: CertificateSigningRequest): UserInfo {
  return { name: spec.username ?? "", groups: spec.groups ?? [] };
}

function accessTo(subresource: string): Access {
  const { group, plural } = CERTIFICATE_SIGNING_REQUESTS;
  const what = { group, version: "", resource: plural, subresource };
  return { verb: "create", ...what, namespace: "", name: "" };
}
