import { EVENTS_RULE, type RoleTexts } from "./user-roles.ts";

/** The roles of Kubernetes' components and of ours (bootstrappolicy/policy.go). */
export const COMPONENT_ROLES: Readonly<Record<string, RoleTexts>> = {
  "system:node": {
    rules: [
      "create @authentication tokenreviews",
      "create @authorization subjectaccessreviews localsubjectaccessreviews",
      "READ @core services",
      "READ create @core nodes",
      "update patch @core nodes/status",
      "update patch @core nodes",
      EVENTS_RULE,
      "READ @core pods",
      "create delete @core pods",
      "update patch @core pods/status",
      "create @core pods/eviction",
      "READ @core secrets configmaps",
      "get @core persistentvolumeclaims persistentvolumes",
      "get @core endpoints",
      "READ create @certificates certificatesigningrequests",
      "get create update patch delete @coordination leases",
      "get @storage volumeattachments",
      "get update patch @core persistentvolumeclaims/status",
      "create @core serviceaccounts/token",
      "READ @storage csidrivers",
      "get create update patch delete @storage csinodes",
      "READ @node runtimeclasses",
      "get @resource resourceclaims",
      "ALL @resource resourceslices",
    ],
  },
  "system:node-problem-detector": {
    rules: ["get @core nodes", "patch @core nodes/status", EVENTS_RULE],
  },
  "system:node-proxier": {
    rules: [
      "list watch @core services endpoints",
      "READ @core nodes",
      EVENTS_RULE,
      "list watch @discovery endpointslices",
      "list watch @networking servicecidrs",
    ],
  },
  "system:node-bootstrapper": {
    rules: ["READ create @certificates certificatesigningrequests"],
  },
  "system:kubelet-api-admin": {
    rules: [
      "READ @core nodes",
      "proxy @core nodes",
      "* @core nodes/proxy nodes/metrics nodes/stats nodes/log nodes/configz nodes/healthz nodes/pods",
    ],
  },
  "system:kube-aggregator": { rules: ["READ @core services endpoints"] },
  "system:kube-dns": {
    rules: ["list watch @core endpoints services", "list watch @discovery endpointslices"],
  },
  "system:kube-controller-manager": {
    rules: [
      EVENTS_RULE,
      "create @coordination leases",
      "get update @coordination leases named kube-controller-manager",
      "create @core secrets serviceaccounts",
      "delete @core secrets",
      "get @core namespaces secrets serviceaccounts configmaps",
      "update @core secrets serviceaccounts",
      "create @authentication tokenreviews",
      "create @authorization subjectaccessreviews",
      "list watch @* *",
      "create @core serviceaccounts/token",
    ],
  },
  "system:kube-scheduler": {
    rules: [
      EVENTS_RULE,
      "create @coordination leases",
      "get update list watch @coordination leases named kube-scheduler",
      "READ @core nodes",
      "READ delete @core pods",
      "create @core pods/binding bindings",
      "update patch @core pods/status",
      "READ @core replicationcontrollers services",
      "READ @apps,extensions replicasets",
      "READ @apps statefulsets",
      "READ @policy poddisruptionbudgets",
      "READ @core persistentvolumeclaims persistentvolumes",
      "create @authentication tokenreviews",
      "create @authorization subjectaccessreviews",
      "READ @storage csinodes",
      "READ @core namespaces",
      "READ @storage csidrivers",
      "READ @storage csistoragecapacities",
      "READ @resource deviceclasses",
      "READ update patch @resource resourceclaims",
      "update patch @resource resourceclaims/status",
      "READ @resource resourceslices",
    ],
  },
  "system:volume-scheduler": {
    rules: [
      "READ update patch @core persistentvolumes",
      "READ @storage storageclasses",
      "READ update patch @core persistentvolumeclaims",
    ],
  },
  // KubeEdge's `cloudcore`, as far as it is in the site: what the edge reports, and what it asks for.
  "system:edgecontroller": {
    rules: [
      "READ create update patch @core nodes",
      "update patch @core nodes/status",
      "READ create delete @core pods",
      "update patch @core pods/status",
      "READ @core secrets configmaps services endpoints namespaces persistentvolumes persistentvolumeclaims",
      "create @core serviceaccounts/token",
      "READ @discovery endpointslices",
      "READ create update patch delete @coordination leases",
      "READ create @certificates certificatesigningrequests",
      EVENTS_RULE,
    ],
  },
};

/** The cluster-wide bindings of roles that are not a controller's: role → who has it, `User:…` or `Group:…`. */
export const CLUSTER_BINDINGS: Readonly<Record<string, readonly string[]>> = {
  "cluster-admin": ["Group:system:masters"],
  "system:monitoring": ["Group:system:monitoring"],
  "system:discovery": ["Group:system:authenticated"],
  "system:basic-user": ["Group:system:authenticated"],
  "system:public-info-viewer": ["Group:system:authenticated", "Group:system:unauthenticated"],
  "system:node-proxier": ["User:system:kube-proxy"],
  "system:kube-controller-manager": ["User:system:kube-controller-manager"],
  "system:kube-dns": ["ServiceAccount:kube-dns"],
  "system:kube-scheduler": ["User:system:kube-scheduler"],
  "system:volume-scheduler": ["User:system:kube-scheduler"],
  "system:service-account-issuer-discovery": ["Group:system:serviceaccounts"],
  // Nodes are let in by what runs on them, not by their group.
  "system:node": [],
  "system:edgecontroller": ["User:system:edgecontroller"],
};
