import { humanDuration } from "../duration-text.ts";
import type { CertificateSigningRequest } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, fieldText, text } from "./column.ts";

function conditionOf({ status }: CertificateSigningRequest): string {
  const has = (type: string) => status?.conditions?.some((one) => one.type === type) ?? false;
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  const issued = status?.certificate ? ",Issued" : "";
  return `${decision}${has("Failed") ? ",Failed" : ""}${issued}`;
}

/** The columns of `kubectl get certificatesigningrequests`, described in the words of v1beta1. */
export const CERTIFICATE_REQUEST_COLUMNS: readonly Column<CertificateSigningRequest>[] = [
  AGE,
  text(
    {
      name: "SignerName",
      description:
        'Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it will be defaulted:\n 1. If it\'s a kubelet client certificate, it is assigned\n    "kubernetes.io/kube-apiserver-client-kubelet".\n 2. If it\'s a kubelet serving certificate, it is assigned\n    "kubernetes.io/kubelet-serving".\n 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".\nDistribution of trust for signers happens out of band. You can select on this field using `spec.signerName`.',
    },
    ({ spec }) => spec.signerName || "<none>",
  ),
  text(
    { name: "Requestor", description: "Base64-encoded PKCS#10 CSR data" },
    ({ spec }) => spec.username ?? "",
  ),
  text(
    {
      name: "RequestedDuration",
      description: fieldText(
        "io.k8s.api.certificates.v1.CertificateSigningRequestSpec",
        "expirationSeconds",
      ),
    },
    ({ spec: { expirationSeconds: seconds } }) =>
      seconds === undefined ? "<none>" : humanDuration(seconds * 1000),
  ),
  text(
    {
      name: "Condition",
      description: "Conditions applied to the request, such as approval or denial.",
    },
    conditionOf,
  ),
];
