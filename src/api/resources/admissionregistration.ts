import {
  MUTATING_POLICY_COLUMNS,
  POLICY_BINDING_COLUMNS,
  VALIDATING_POLICY_COLUMNS,
  WEBHOOK_COLUMNS,
} from "../columns/admission.ts";
import {
  setAdmissionBindingDefaults,
  setAdmissionPolicyDefaults,
  setMutatingWebhookDefaults,
  setValidatingWebhookDefaults,
} from "../defaults/admission.ts";
import { NEW } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateMutatingBinding,
  validateMutatingPolicy,
  validateValidatingBinding,
  validateValidatingPolicy,
  validateValidatingPolicyStatus,
} from "../validation/admission-policy.ts";
import { validateWebhooks } from "../validation/webhook.ts";
import { emptyStatus, OWN_METADATA, row, statusOf } from "./row.ts";

export const MUTATING_WEBHOOK_CONFIGURATIONS = row<objects.MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  changeLooks: NEW,
  anyFinalizer: true,
  needsVersion: true,
  categories: ["api-extensions"],
  hasGeneration: true,
  columns: WEBHOOK_COLUMNS,
  setDefaults: setMutatingWebhookDefaults,
  validate: validateWebhooks,
});

export const VALIDATING_WEBHOOK_CONFIGURATIONS = row<objects.ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  plural: "validatingwebhookconfigurations",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
  changeLooks: NEW,
  anyFinalizer: true,
  needsVersion: true,
  categories: ["api-extensions"],
  hasGeneration: true,
  columns: WEBHOOK_COLUMNS,
  setDefaults: setValidatingWebhookDefaults,
  validate: validateWebhooks,
});

export const VALIDATING_ADMISSION_POLICIES = row<objects.ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  statusKeeps: OWN_METADATA,
  changeLooks: NEW,
  anyFinalizer: true,
  statusLooks: [],
  needsVersion: true,
  categories: ["api-extensions"],
  hasGeneration: true,
  subresources: [
    statusOf({ kind: "ValidatingAdmissionPolicy", group: "admissionregistration.k8s.io" }),
  ],
  columns: VALIDATING_POLICY_COLUMNS,
  setDefaults: setAdmissionPolicyDefaults,
  prepareForCreate: emptyStatus,
  validate: validateValidatingPolicy,
  validateStatus: validateValidatingPolicyStatus,
});

export const VALIDATING_ADMISSION_POLICY_BINDINGS = row<objects.ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  plural: "validatingadmissionpolicybindings",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  changeLooks: NEW,
  anyFinalizer: true,
  needsVersion: true,
  categories: ["api-extensions"],
  hasGeneration: true,
  columns: POLICY_BINDING_COLUMNS,
  setDefaults: setAdmissionBindingDefaults,
  validate: validateValidatingBinding,
});

export const MUTATING_ADMISSION_POLICIES = row<objects.MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  plural: "mutatingadmissionpolicies",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
  changeLooks: NEW,
  anyFinalizer: true,
  needsVersion: true,
  categories: ["api-extensions"],
  hasGeneration: true,
  columns: MUTATING_POLICY_COLUMNS,
  setDefaults: setAdmissionPolicyDefaults,
  validate: validateMutatingPolicy,
});

export const MUTATING_ADMISSION_POLICY_BINDINGS = row<objects.MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  plural: "mutatingadmissionpolicybindings",
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  changeLooks: NEW,
  anyFinalizer: true,
  needsVersion: true,
  categories: ["api-extensions"],
  hasGeneration: true,
  columns: POLICY_BINDING_COLUMNS,
  setDefaults: setAdmissionBindingDefaults,
  validate: validateMutatingBinding,
});
