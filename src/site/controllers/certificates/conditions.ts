import type { CertificateSigningRequest } from "#api/object.ts";
import { type CertificateRequest, readCertificateRequest } from "#lib/x509/certificate-request.ts";

type Condition = NonNullable<
  NonNullable<CertificateSigningRequest["status"]>["conditions"]
>[number];

/** The condition of a type that holds; an absent status counts as True, as from old clients. */
export function conditionOf(
  { status }: CertificateSigningRequest,
  type: "Approved" | "Denied" | "Failed",
): Condition | undefined {
  return status?.conditions?.find((one) => one.type === type && one.status !== "False");
}

/** The request with one more condition. */
export function withCondition(
  csr: CertificateSigningRequest,
  condition: Pick<Condition, "type" | "reason" | "message">,
): CertificateSigningRequest {
  const conditions = [...(csr.status?.conditions ?? []), { ...condition, status: "True" }];
  return { ...csr, status: { ...csr.status, conditions } };
}

/** The PKCS#10 inside. @throws {TypeError} when it is none. */
export function requestOf({ spec }: CertificateSigningRequest): CertificateRequest {
  return readCertificateRequest(Buffer.from(spec.request, "base64").toString());
}
