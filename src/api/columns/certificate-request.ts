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

const V1 = "io.k8s.api.certificates.v1";
const ofSpec = (field: string) => fieldText(`${V1}.CertificateSigningRequestSpec`, field);

/** The columns of `kubectl get certificatesigningrequests`. */
export const CERTIFICATE_REQUEST_COLUMNS: readonly Column<CertificateSigningRequest>[] = [
  AGE,
  text(
    { name: "SignerName", description: ofSpec("signerName") },
    ({ spec }) => spec.signerName || "<none>",
  ),
  text({ name: "Requestor", description: ofSpec("request") }, ({ spec }) => spec.username ?? ""),
  text(
    { name: "RequestedDuration", description: ofSpec("expirationSeconds") },
    ({ spec: { expirationSeconds: seconds } }) =>
      seconds === undefined ? "<none>" : humanDuration(seconds * 1000),
  ),
  text(
    {
      name: "Condition",
      description: fieldText(`${V1}.CertificateSigningRequestStatus`, "conditions"),
    },
    conditionOf,
  ),
];
