import type { Catalog } from "#api/catalog.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { ObjectTypes } from "../object-types.ts";
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from "./certificates.ts";
import { defaultIngressClass, defaultStorageClass } from "./default-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { claimLimitRanger, limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { taintNodesByCondition } from "./node-taint.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { podSecurityLabels } from "./pod-security/labels.ts";
import { podSecurity, podSecurityOfTemplates } from "./pod-security/pods.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { compilingExpressions } from "./policies/compiles.ts";
import { mutatingAdmissionPolicies } from "./policies/mutating-policies.ts";
import { validatingAdmissionPolicies } from "./policies/validating-policies.ts";
import { defaultPriorityClass, priority } from "./priority.ts";
import { resourceQuota } from "./resource-quota.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account.ts";
import { persistentVolumeClaimResize, storageObjectInUseProtection } from "./storage-objects.ts";
import { systemPriorityClasses } from "./system-priority-classes.ts";

/** What plug-ins read. */
interface AdmissionOptions {
  readonly store: ObjectStore;
  readonly catalog: Catalog;
  readonly authorizer: Authorizer;
  readonly types: ObjectTypes;
  /** Ends what plug-ins follow. */
  readonly signal: AbortSignal;
}

/** Kubernetes' plug-ins in Kubernetes' order (kubeapiserver/options/plugins.go). */
export function admissionPlugins(options: AdmissionOptions): readonly AdmissionPlugin[] {
  const { store, authorizer } = options;
  return [
    namespaceLifecycle(store),
    limitRanger(store),
    claimLimitRanger(store),
    serviceAccount(store),
    nodeRestriction(options),
    taintNodesByCondition,
    podSecurity(store),
    podSecurityOfTemplates(store),
    podSecurityLabels(store),
    priority(store),
    defaultPriorityClass(store),
    systemPriorityClasses,
    defaultTolerationSeconds,
    defaultStorageClass(store),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(store),
    runtimeClass(store),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(store),
    podTopologyLabels(store),
    ...compilingExpressions,
    mutatingAdmissionPolicies(options),
    validatingAdmissionPolicies(options),
    resourceQuota(options),
  ];
}
