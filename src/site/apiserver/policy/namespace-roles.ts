import { EVENTS_RULE } from "./user-roles.ts";

interface NamespaceRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly string[];
}

interface NamespaceBinding {
  readonly namespace: string;
  readonly name: string;
  readonly role: string;
  readonly subjects: readonly string[];
}

const READER = "extension-apiserver-authentication-reader";
const SIGNER = "system:controller:bootstrap-signer";
const CLEANER = "system:controller:token-cleaner";
const CLOUD_PROVIDER = "system:controller:cloud-provider";
const MANAGER_LOCK = "system::leader-locking-kube-controller-manager";
const SCHEDULER_LOCK = "system::leader-locking-kube-scheduler";

/** The roles of the system's own namespaces (bootstrappolicy/namespace_policy.go). */
export const NAMESPACE_ROLES: readonly NamespaceRole[] = [
  {
    namespace: "kube-system",
    name: READER,
    rules: ["READ @core configmaps named extension-apiserver-authentication"],
  },
  { namespace: "kube-system", name: SIGNER, rules: ["READ @core secrets"] },
  { namespace: "kube-system", name: CLEANER, rules: ["READ delete @core secrets", EVENTS_RULE] },
  ...[MANAGER_LOCK, SCHEDULER_LOCK].map((name) => ({
    namespace: "kube-system",
    name,
    rules: [
      "READ create update @coordination leases",
      "READ create update @coordination leasecandidates",
    ],
  })),
  { namespace: "kube-system", name: CLOUD_PROVIDER, rules: ["READ create @core configmaps"] },
  {
    namespace: "kube-public",
    name: SIGNER,
    rules: ["READ @core configmaps", "update @core configmaps named cluster-info", EVENTS_RULE],
  },
];

/** Who has them. */
export const NAMESPACE_BINDINGS: readonly NamespaceBinding[] = [
  {
    namespace: "kube-system",
    name: `system::${READER}`,
    role: READER,
    subjects: ["User:system:kube-controller-manager", "User:system:kube-scheduler"],
  },
  {
    namespace: "kube-system",
    name: MANAGER_LOCK,
    role: MANAGER_LOCK,
    subjects: [
      "User:system:kube-controller-manager",
      "ServiceAccount:kube-controller-manager",
      "ServiceAccount:leader-election-controller",
    ],
  },
  {
    namespace: "kube-system",
    name: SCHEDULER_LOCK,
    role: SCHEDULER_LOCK,
    subjects: ["User:system:kube-scheduler", "ServiceAccount:kube-scheduler"],
  },
  ...["kube-system", "kube-public"].map((namespace) => ({
    namespace,
    name: SIGNER,
    role: SIGNER,
    subjects: ["ServiceAccount:bootstrap-signer"],
  })),
  {
    namespace: "kube-system",
    name: CLEANER,
    role: CLEANER,
    subjects: ["ServiceAccount:token-cleaner"],
  },
  {
    namespace: "kube-system",
    name: CLOUD_PROVIDER,
    role: CLOUD_PROVIDER,
    subjects: ["ServiceAccount:cloud-provider"],
  },
];
