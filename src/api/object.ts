import type * as models from "@kubernetes/client-node";

/**
 * The JSON that travels on the wire, derived from a model class of @kubernetes/client-node:
 * dates are RFC 3339 strings and properties carry their wire names. Its serializer is never used.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? Wire<E>[]
    : T extends object
      ? { [K in keyof T as WireName<K>]: Wire<T[K]> }
      : T;

/** client-node puts `_` before names that are reserved words: `_continue`, `_default`, `_enum`. */
type WireName<K> = K extends `_${infer Name}` ? Name : K;

/** A type with lists that are null where they are empty (`nil-lists.ts`). */
type WithNil<T, K extends keyof T> = Omit<T, K> & { [P in K]?: T[P] | null };

export type ObjectMeta = Wire<models.V1ObjectMeta>;
export type OwnerReference = Wire<models.V1OwnerReference>;
export type ListMeta = Wire<models.V1ListMeta>;
export type LabelSelector = Wire<models.V1LabelSelector>;
export type ManagedFieldsEntry = Wire<models.V1ManagedFieldsEntry>;

/** Any API object: what all kinds share. Values that come out of a store are deeply frozen. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

export type Namespace = Wire<models.V1Namespace>;
export type Node = Wire<models.V1Node>;
export type NodeCondition = Wire<models.V1NodeCondition>;
export type Pod = Wire<models.V1Pod>;
export type PodSpec = Wire<models.V1PodSpec>;
export type PodStatus = Wire<models.V1PodStatus>;
export type PodCondition = Wire<models.V1PodCondition>;
export type PodTemplateSpec = Wire<models.V1PodTemplateSpec>;
export type Container = Wire<models.V1Container>;
export type ContainerStatus = Wire<models.V1ContainerStatus>;
export type Probe = Wire<models.V1Probe>;
export type Volume = Wire<models.V1Volume>;
export type ComponentStatus = Wire<models.V1ComponentStatus>;
export type Service = Wire<models.V1Service>;
export type ServicePort = Wire<models.V1ServicePort>;
export type Endpoints = Wire<models.V1Endpoints>;
export type EndpointSlice = WithNil<Wire<models.V1EndpointSlice>, "endpoints" | "ports">;
export type ConfigMap = Wire<models.V1ConfigMap>;
export type Secret = Wire<models.V1Secret>;
export type TokenReview = Wire<models.V1TokenReview>;
export type SelfSubjectReview = Wire<models.V1SelfSubjectReview>;
export type SelfSubjectAccessReview = Wire<models.V1SelfSubjectAccessReview>;
export type SelfSubjectRulesReview = Wire<models.V1SelfSubjectRulesReview>;
export type SubjectAccessReview = Wire<models.V1SubjectAccessReview>;
export type TokenRequest = Wire<models.AuthenticationV1TokenRequest>;
export type ServiceAccount = Wire<models.V1ServiceAccount>;
export type Event = Wire<models.CoreV1Event>;
/** An Event as events.k8s.io has it. */
export type RegardingEvent = Omit<Partial<Wire<models.EventsV1Event>>, "series"> &
  Pick<Event, "series">;
export type ObjectReference = Wire<models.V1ObjectReference>;
export type Lease = Wire<models.V1Lease>;
export type Deployment = Wire<models.V1Deployment>;
export type ReplicaSet = Wire<models.V1ReplicaSet>;
export type Job = Wire<models.V1Job>;
export type Scale = Wire<models.V1Scale>;
export type StatefulSet = Wire<models.V1StatefulSet>;
export type DaemonSet = Wire<models.V1DaemonSet>;
export type ControllerRevision = Wire<models.V1ControllerRevision>;
export type CronJob = Wire<models.V1CronJob>;
export type ReplicationController = Wire<models.V1ReplicationController>;
export type PodTemplate = Wire<models.V1PodTemplate>;
export type PersistentVolume = Wire<models.V1PersistentVolume>;
export type PersistentVolumeClaim = Wire<models.V1PersistentVolumeClaim>;
export type LimitRange = Wire<models.V1LimitRange>;
export type ResourceQuota = Wire<models.V1ResourceQuota>;
export type HorizontalPodAutoscaler = Wire<models.V2HorizontalPodAutoscaler>;
/** An autoscaler as autoscaling/v1 has it. */
export type HorizontalPodAutoscalerV1 = Wire<models.V1HorizontalPodAutoscaler>;
export type PodDisruptionBudget = Wire<models.V1PodDisruptionBudget>;
export type Ingress = Wire<models.V1Ingress>;
export type IngressClass = Wire<models.V1IngressClass>;
export type NetworkPolicy = Wire<models.V1NetworkPolicy>;
export type ServiceCIDR = Wire<models.V1ServiceCIDR>;
export type IPAddress = Wire<models.V1IPAddress>;
export type Role = WithNil<Wire<models.V1Role>, "rules">;
export type ClusterRole = WithNil<Wire<models.V1ClusterRole>, "rules">;
export type RoleBinding = Wire<models.V1RoleBinding>;
export type ClusterRoleBinding = Wire<models.V1ClusterRoleBinding>;
export type PolicyRule = Wire<models.V1PolicyRule>;
export type RoleRef = Wire<models.V1RoleRef>;
export type Subject = Wire<models.RbacV1Subject>;
export type StorageClass = Wire<models.V1StorageClass>;
export type VolumeAttachment = Wire<models.V1VolumeAttachment>;
export type CSIDriver = Wire<models.V1CSIDriver>;
export type CSINode = Wire<models.V1CSINode>;
export type CSIStorageCapacity = Wire<models.V1CSIStorageCapacity>;
export type VolumeAttributesClass = Wire<models.V1VolumeAttributesClass>;
export type PriorityClass = Wire<models.V1PriorityClass>;
export type RuntimeClass = Wire<models.V1RuntimeClass>;
export type CertificateSigningRequest = Wire<models.V1CertificateSigningRequest>;
export type MutatingWebhookConfiguration = Wire<models.V1MutatingWebhookConfiguration>;
export type ValidatingWebhookConfiguration = Wire<models.V1ValidatingWebhookConfiguration>;
export type ValidatingAdmissionPolicy = Wire<models.V1ValidatingAdmissionPolicy>;
export type MutatingAdmissionPolicy = Wire<models.V1MutatingAdmissionPolicy>;
export type MutatingAdmissionPolicyBinding = Wire<models.V1MutatingAdmissionPolicyBinding>;
export type ValidatingAdmissionPolicyBinding = Wire<models.V1ValidatingAdmissionPolicyBinding>;
export type FlowSchema = Wire<models.V1FlowSchema>;
export type PriorityLevelConfiguration = Wire<models.V1PriorityLevelConfiguration>;
export type APIService = Wire<models.V1APIService>;
export type Binding = Wire<models.V1Binding>;

export { deepFreeze } from "#lib/freeze.ts";

/** The namespace of an object, `""` when it has none. */
export function namespaceOf(object: KubeObject): string {
  return object.metadata?.namespace ?? "";
}

/** The name of an object, `""` before one was generated. */
export function nameOf(object: KubeObject): string {
  return object.metadata?.name ?? "";
}

/** `namespace/name`, or `name` for a cluster-scoped object: the key of workqueues and caches. */
export function objectKey(object: KubeObject): string {
  const namespace = namespaceOf(object);
  return namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

/** Splits what `objectKey` made. */
export function parseObjectKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, Math.max(slash, 0)), name: key.slice(slash + 1) };
}
