import { describe, expect, test } from "bun:test";

import { deepFreeze, type KubeObject } from "./object.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { RESOURCES } from "./resources.ts";
import { tableOf } from "./table.ts";

const rows: readonly Resource[] = RESOURCES;

test("names are those of Kubernetes", () => {
  expect(
    rows.map((row) => `${apiVersionOf(row)} ${row.plural} ${row.singular} ${row.kind}`),
  ).toEqual([
    "v1 namespaces namespace Namespace",
    "v1 nodes node Node",
    "v1 componentstatuses componentstatus ComponentStatus",
    "v1 pods pod Pod",
    "v1 services service Service",
    "v1 endpoints endpoints Endpoints",
    "discovery.k8s.io/v1 endpointslices endpointslice EndpointSlice",
    "v1 configmaps configmap ConfigMap",
    "v1 secrets secret Secret",
    "v1 serviceaccounts serviceaccount ServiceAccount",
    "v1 events event Event",
    "events.k8s.io/v1 events event Event",
    "coordination.k8s.io/v1 leases lease Lease",
    "apps/v1 deployments deployment Deployment",
    "apps/v1 replicasets replicaset ReplicaSet",
    "batch/v1 jobs job Job",
    "apps/v1 statefulsets statefulset StatefulSet",
    "apps/v1 daemonsets daemonset DaemonSet",
    "apps/v1 controllerrevisions controllerrevision ControllerRevision",
    "batch/v1 cronjobs cronjob CronJob",
    "v1 replicationcontrollers replicationcontroller ReplicationController",
    "v1 podtemplates podtemplate PodTemplate",
    "v1 persistentvolumes persistentvolume PersistentVolume",
    "v1 persistentvolumeclaims persistentvolumeclaim PersistentVolumeClaim",
    "v1 limitranges limitrange LimitRange",
    "v1 resourcequotas resourcequota ResourceQuota",
    "autoscaling/v2 horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler",
    "autoscaling/v1 horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler",
    "policy/v1 poddisruptionbudgets poddisruptionbudget PodDisruptionBudget",
    "networking.k8s.io/v1 ingresses ingress Ingress",
    "networking.k8s.io/v1 ingressclasses ingressclass IngressClass",
    "networking.k8s.io/v1 networkpolicies networkpolicy NetworkPolicy",
    "networking.k8s.io/v1 servicecidrs servicecidr ServiceCIDR",
    "networking.k8s.io/v1 ipaddresses ipaddress IPAddress",
    "rbac.authorization.k8s.io/v1 roles role Role",
    "rbac.authorization.k8s.io/v1 clusterroles clusterrole ClusterRole",
    "rbac.authorization.k8s.io/v1 rolebindings rolebinding RoleBinding",
    "rbac.authorization.k8s.io/v1 clusterrolebindings clusterrolebinding ClusterRoleBinding",
    "storage.k8s.io/v1 storageclasses storageclass StorageClass",
    "storage.k8s.io/v1 volumeattachments volumeattachment VolumeAttachment",
    "storage.k8s.io/v1 csidrivers csidriver CSIDriver",
    "storage.k8s.io/v1 csinodes csinode CSINode",
    "storage.k8s.io/v1 csistoragecapacities csistoragecapacity CSIStorageCapacity",
    "storage.k8s.io/v1 volumeattributesclasses volumeattributesclass VolumeAttributesClass",
    "scheduling.k8s.io/v1 priorityclasses priorityclass PriorityClass",
    "node.k8s.io/v1 runtimeclasses runtimeclass RuntimeClass",
    "certificates.k8s.io/v1 certificatesigningrequests certificatesigningrequest CertificateSigningRequest",
    "admissionregistration.k8s.io/v1 mutatingwebhookconfigurations mutatingwebhookconfiguration MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1 validatingwebhookconfigurations validatingwebhookconfiguration ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1 validatingadmissionpolicies validatingadmissionpolicy ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io/v1 validatingadmissionpolicybindings validatingadmissionpolicybinding ValidatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io/v1 mutatingadmissionpolicies mutatingadmissionpolicy MutatingAdmissionPolicy",
    "admissionregistration.k8s.io/v1 mutatingadmissionpolicybindings mutatingadmissionpolicybinding MutatingAdmissionPolicyBinding",
    "flowcontrol.apiserver.k8s.io/v1 flowschemas flowschema FlowSchema",
    "flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations prioritylevelconfiguration PriorityLevelConfiguration",
    "apiregistration.k8s.io/v1 apiservices apiservice APIService",
    "apiextensions.k8s.io/v1 customresourcedefinitions customresourcedefinition CustomResourceDefinition",
    "v1 bindings binding Binding",
    "authentication.k8s.io/v1 tokenreviews tokenreview TokenReview",
    "authentication.k8s.io/v1 selfsubjectreviews selfsubjectreview SelfSubjectReview",
    "authorization.k8s.io/v1 subjectaccessreviews subjectaccessreview SubjectAccessReview",
    "authorization.k8s.io/v1 localsubjectaccessreviews localsubjectaccessreview LocalSubjectAccessReview",
    "authorization.k8s.io/v1 selfsubjectaccessreviews selfsubjectaccessreview SelfSubjectAccessReview",
    "authorization.k8s.io/v1 selfsubjectrulesreviews selfsubjectrulesreview SelfSubjectRulesReview",
  ]);
});

test("definitions are those of the OpenAPI document", () => {
  for (const { definition, kind, version } of rows) {
    expect(definition).toMatch(
      /^io\.k8s\.(api|(kube-aggregator|apiextensions-apiserver)\.pkg\.apis)\.[a-z]+\.v[12]\.[A-Z][A-Za-z]+$/,
    );
    expect(definition).toEndWith(`.${version}.${kind}`);
  }
});

/** Columns of which Kubernetes says nothing. */
const UNDESCRIBED = ["RuntimeClass.Handler"];

describe.each(rows.map((row): [string, Resource] => [row.kind, row]))("%s", (_, row) => {
  test("that is nothing but a name is judged, never fails", () => {
    const object: KubeObject = { metadata: { name: "x", namespace: "n", uid: "u" } };
    row.setDefaults(object);
    row.prepareForCreate?.(object);
    expect(Array.isArray(row.validate(object))).toBe(true);
  });

  test("rules only read what they are given", () => {
    const object: KubeObject = { metadata: { name: "x", namespace: "n", uid: "u" } };
    row.setDefaults(object);
    row.prepareForCreate?.(object);
    deepFreeze(object);
    row.validate(object);
    row.validateUpdate(object, object);
    expect(row.validateUpdate(structuredClone(object), object)).toEqual([]);
  });

  test("its columns say what they show", () => {
    const options = { version: "v1", includeObject: "None", now: new Date(0) } as const;
    const { columnDefinitions } = tableOf(row, [], options);
    for (const { name, description, type } of columnDefinitions ?? []) {
      const isSaid = !UNDESCRIBED.includes(`${row.kind}.${name}`);
      expect([name, description !== ""]).toEqual([name, isSaid]);
      expect(["string", "integer", "boolean", "date"]).toContain(type);
    }
  });
});
