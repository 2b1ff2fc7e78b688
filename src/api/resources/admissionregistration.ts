import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const MUTATING_WEBHOOK_CONFIGURATIONS = row<objects.MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  categories: ["api-extensions"],
  hasGeneration: true,
});

export const VALIDATING_WEBHOOK_CONFIGURATIONS = row<objects.ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  plural: "validatingwebhookconfigurations",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
  categories: ["api-extensions"],
  hasGeneration: true,
});

export const VALIDATING_ADMISSION_POLICIES = row<objects.ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  categories: ["api-extensions"],
  hasGeneration: true,
  subresources: [
    statusOf({ kind: "ValidatingAdmissionPolicy", group: "admissionregistration.k8s.io" }),
  ],
});

export const VALIDATING_ADMISSION_POLICY_BINDINGS = row<objects.ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  plural: "validatingadmissionpolicybindings",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  categories: ["api-extensions"],
  hasGeneration: true,
});
