import { CERTIFICATE_REQUEST_COLUMNS } from "../columns/certificate-request.ts";
import { NEW_THEN_CHANGED } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateCertificateRequest,
  validateCertificateRequestStatus,
} from "../validation/certificate-request.ts";
import { emptyStatus, row, statusOf } from "./row.ts";

export const CERTIFICATE_SIGNING_REQUESTS = row<objects.CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  namespaced: false,
  definition: "io.k8s.api.certificates.v1.CertificateSigningRequest",
  changeLooks: NEW_THEN_CHANGED,
  statusLooks: NEW_THEN_CHANGED,
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
  nameFormat: "any",
  columns: CERTIFICATE_REQUEST_COLUMNS,
  fields: { "spec.signerName": ({ spec }) => spec.signerName },
  prepareForCreate: emptyStatus,
  validate: validateCertificateRequest,
  validateStatus: validateCertificateRequestStatus,
});
