import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const CERTIFICATE_SIGNING_REQUESTS = row<objects.CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  namespaced: false,
  definition: "io.k8s.api.certificates.v1.CertificateSigningRequest",
  shortNames: ["csr"],
  subresources: [
    {
      name: "approval",
      group: "certificates.k8s.io",
      version: "v1",
      kind: "CertificateSigningRequest",
      verbs: ["get", "patch", "update"],
    },
    statusOf({ kind: "CertificateSigningRequest", group: "certificates.k8s.io" }),
  ],
});
