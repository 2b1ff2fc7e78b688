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

export type ObjectMeta = Wire<models.V1ObjectMeta>;
export type OwnerReference = Wire<models.V1OwnerReference>;
export type ListMeta = Wire<models.V1ListMeta>;
export type LabelSelector = Wire<models.V1LabelSelector>;

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
export type Service = Wire<models.V1Service>;
export type ServicePort = Wire<models.V1ServicePort>;
export type Endpoints = Wire<models.V1Endpoints>;
export type EndpointSlice = Wire<models.V1EndpointSlice>;
export type ConfigMap = Wire<models.V1ConfigMap>;
export type Secret = Wire<models.V1Secret>;
export type ServiceAccount = Wire<models.V1ServiceAccount>;
export type Event = Wire<models.CoreV1Event>;
export type ObjectReference = Wire<models.V1ObjectReference>;
export type Lease = Wire<models.V1Lease>;
export type Deployment = Wire<models.V1Deployment>;
export type ReplicaSet = Wire<models.V1ReplicaSet>;
export type Job = Wire<models.V1Job>;
export type Scale = Wire<models.V1Scale>;
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
