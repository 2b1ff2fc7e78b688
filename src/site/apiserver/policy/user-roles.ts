/** A ClusterRole that is there from the first second: its rules, or the label of those that it gathers. */
export interface RoleTexts {
  readonly rules?: readonly string[];
  /** It is part of the role of that name: `admin`, `edit`, `view`. */
  readonly partOf?: string;
  /** Its rules are those of all that are part of it. */
  readonly gathered?: boolean;
}

/** Who writes Events may do so in both groups. */
export const EVENTS_RULE = "create patch update @core,events events";

/** Kubernetes' roles for people, for workloads and for discovery (bootstrappolicy/policy.go). */
export const USER_ROLES: Readonly<Record<string, RoleTexts>> = {
  "cluster-admin": { rules: ["* @* *", "* @url *"] },
  admin: { gathered: true },
  edit: { gathered: true, partOf: "admin" },
  view: { gathered: true, partOf: "edit" },
  "system:aggregate-to-admin": {
    partOf: "admin",
    rules: ["create @authorization localsubjectaccessreviews", "ALL @rbac roles rolebindings"],
  },
  "system:aggregate-to-edit": {
    partOf: "edit",
    rules: [
      "READ @core pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy",
      "impersonate @core serviceaccounts",
      "WRITE @core pods pods/attach pods/proxy pods/exec pods/portforward",
      "create @core pods/eviction",
      "WRITE @core replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy persistentvolumeclaims configmaps secrets",
      "WRITE @core,events events",
      "create @core serviceaccounts/token",
      "WRITE @apps statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback replicasets replicasets/scale",
      "WRITE @autoscaling horizontalpodautoscalers",
      "WRITE @batch jobs cronjobs",
      "WRITE @extensions daemonsets deployments deployments/scale deployments/rollback ingresses replicasets replicasets/scale replicationcontrollers/scale networkpolicies",
      "WRITE @policy poddisruptionbudgets",
      "WRITE @networking networkpolicies ingresses",
      "ALL @coordination leases",
      "WRITE @resource resourceclaims resourceclaimtemplates",
    ],
  },
  "system:aggregate-to-view": {
    partOf: "view",
    rules: [
      "READ @core pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps",
      "READ @core limitranges resourcequotas bindings pods/status resourcequotas/status namespaces/status replicationcontrollers/status pods/log",
      "READ @core,events events",
      "READ @core namespaces",
      "READ @discovery endpointslices",
      "READ @apps controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets daemonsets/status deployments deployments/status deployments/scale replicasets replicasets/status replicasets/scale",
      "READ @autoscaling horizontalpodautoscalers horizontalpodautoscalers/status",
      "READ @batch jobs cronjobs cronjobs/status jobs/status",
      "READ @extensions daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status replicasets replicasets/scale replicasets/status replicationcontrollers/scale networkpolicies",
      "READ @policy poddisruptionbudgets poddisruptionbudgets/status",
      "READ @networking networkpolicies ingresses ingresses/status",
      "READ @resource resourceclaims resourceclaims/status resourceclaimtemplates",
    ],
  },
  "system:discovery": {
    rules: [
      "get @url /livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*",
    ],
  },
  "system:monitoring": {
    rules: [
      "get @url /metrics /metrics/slis /livez /livez/* /readyz /readyz/* /healthz /healthz/* /flagz /statusz",
      "get @core nodes/metrics",
    ],
  },
  "system:basic-user": {
    rules: [
      "create @authorization selfsubjectaccessreviews selfsubjectrulesreviews",
      "create @authentication selfsubjectreviews",
    ],
  },
  "system:public-info-viewer": { rules: ["get @url /livez /readyz /healthz /version /version/"] },
  "system:service-account-issuer-discovery": {
    rules: [
      "get @url /.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/",
    ],
  },
  "system:auth-delegator": {
    rules: ["create @authentication tokenreviews", "create @authorization subjectaccessreviews"],
  },
  "system:persistent-volume-provisioner": {
    rules: [
      "READ create delete @core persistentvolumes",
      "READ update @core persistentvolumeclaims",
      "READ @storage storageclasses",
      "watch @core events",
      EVENTS_RULE,
    ],
  },
  "system:certificates.k8s.io:certificatesigningrequests:nodeclient": {
    rules: ["create @certificates certificatesigningrequests/nodeclient"],
  },
  "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient": {
    rules: ["create @certificates certificatesigningrequests/selfnodeclient"],
  },
  "system:certificates.k8s.io:kube-apiserver-client-approver": {
    rules: ["approve @certificates signers named kubernetes.io/kube-apiserver-client"],
  },
  "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver": {
    rules: ["approve @certificates signers named kubernetes.io/kube-apiserver-client-kubelet"],
  },
  "system:certificates.k8s.io:kubelet-serving-approver": {
    rules: ["approve @certificates signers named kubernetes.io/kubelet-serving"],
  },
  "system:certificates.k8s.io:legacy-unknown-approver": {
    rules: ["approve @certificates signers named kubernetes.io/legacy-unknown"],
  },
};
