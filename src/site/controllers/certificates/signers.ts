import type { Usage } from "#lib/x509/certificate.ts";
import type { CertificateRequest } from "#lib/x509/certificate-request.ts";

/** A request that its signer does not sign, in Kubernetes' words. */
export class SignerRefusal extends Error {
  override readonly name = "SignerRefusal";
}

export const KUBELET_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet";

type Rule = (request: CertificateRequest, usages: readonly string[]) => void;

/** Kubernetes' own signers and what they sign (`pkg/apis/certificates/helpers.go`, `signer.go`). */
const RULES: Readonly<Record<string, Rule>> = {
  "kubernetes.io/kube-apiserver-client": checkClient,
  [KUBELET_CLIENT_SIGNER]: checkKubeletClient,
  "kubernetes.io/kubelet-serving": checkKubeletServing,
  // Nobody can ask for it any more; what was approved before is signed.
  "kubernetes.io/legacy-unknown": () => undefined,
};

/** The usages that a signer grants; undefined when it is none of Kubernetes' own. @throws {SignerRefusal} */
export function grantedUsages(
  signerName: string,
  request: CertificateRequest,
  usages: readonly string[],
): readonly Usage[] | undefined {
  const check = RULES[signerName];
  if (check === undefined) return undefined;
  check(request, usages);
  return GRANTABLE.filter((usage) => usages.includes(usage));
}

/** Whether it is a request that a kubelet makes for itself as a client. */
export function isKubeletClientRequest(
  request: CertificateRequest,
  usages: readonly string[],
): boolean {
  try {
    checkKubeletClient(request, usages);
    return true;
  } catch (error) {
    if (error instanceof SignerRefusal) return false;
    throw error;
  }
}

const GRANTABLE: readonly Usage[] = [
  "digital signature",
  "key encipherment",
  "server auth",
  "client auth",
];

function checkClient(_: CertificateRequest, usages: readonly string[]): void {
  const optional = ["digital signature", "key encipherment", "client auth"];
  const other = usages.find((usage) => !optional.includes(usage));
  refuseIf(other !== undefined, `invalid usage for client certificate: ${other}`);
  refuseIf(
    !usages.includes("client auth"),
    "missing required usage for client certificate: client auth",
  );
}

function checkKubeletClient(request: CertificateRequest, usages: readonly string[]): void {
  const { dns, email, ip, uri } = request.names;
  checkOrganization(request);
  refuseIf(dns.length > 0, "DNS subjectAltNames are not allowed");
  refuseIf(email.length > 0, "Email subjectAltNames are not allowed");
  refuseIf(ip.length > 0, "IP subjectAltNames are not allowed");
  refuseIf(uri.length > 0, "URI subjectAltNames are not allowed");
  checkNodeName(request);
  checkUsages(usages, "client auth");
}

function checkKubeletServing(request: CertificateRequest, usages: readonly string[]): void {
  const { dns, email, ip, uri } = request.names;
  checkOrganization(request);
  refuseIf(dns.length === 0 && ip.length === 0, "DNS or IP subjectAltName is required");
  refuseIf(email.length > 0, "Email subjectAltNames are not allowed");
  refuseIf(uri.length > 0, "URI subjectAltNames are not allowed");
  checkUsages(usages, "server auth");
  checkNodeName(request);
}

function checkOrganization({ organizations }: CertificateRequest): void {
  const [only, ...more] = organizations;
  refuseIf(only !== "system:nodes" || more.length > 0, "subject organization is not system:nodes");
}

function checkNodeName({ commonName }: CertificateRequest): void {
  refuseIf(
    !commonName.startsWith("system:node:"),
    "subject common name does not begin with system:node:",
  );
}

function checkUsages(usages: readonly string[], purpose: Usage): void {
  const withoutRsa = ["digital signature", purpose];
  const all = [...withoutRsa, "key encipherment"];
  const given = new Set(usages);
  const matches = [withoutRsa, all].some(
    (set) => given.symmetricDifference(new Set(set)).size === 0,
  );
  refuseIf(!matches, `usages did not match [${all.toSorted().join(" ")}]`);
}

function refuseIf(isWrong: boolean, why: string): void {
  if (isWrong) throw new SignerRefusal(why);
}
