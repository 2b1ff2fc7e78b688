import { nonNegative } from "#api/field-error.ts";
import { validateMetadata } from "#api/metadata.ts";
import {
  type Deployment,
  type KubeObject,
  type LabelSelector,
  nameOf,
  type ObjectMeta,
  type ReplicaSet,
  type ReplicationController,
  type Scale,
  type StatefulSet,
} from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  DEPLOYMENTS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
} from "#api/resources.ts";
import { matcherOf } from "#api/selector.ts";
import { conflict, invalidObject } from "#api/status.ts";
import { present } from "#lib/present.ts";
import { cloneJson, field } from "../json.ts";
import { subjectOf, uidProblem } from "../kind.ts";
import type { Strategy, View } from "../strategy.ts";

/** A selector, or the plain map of labels that it was before there were selectors. */
type Selector = LabelSelector | { [label: string]: string };

interface Scalable extends KubeObject {
  spec?: { replicas?: number; selector?: Selector };
  status?: { replicas?: number };
}

/**
 * A workload as autoscaling/v1 Scale: how many there are, should be, and which. `selectorOf` reads
 * the selector of the kind.
 */
function scaleView<T extends Scalable>(
  resource: Resource<T>,
  selectorOf: (object: T) => LabelSelector | undefined,
): View<T> {
  return {
    validated: true,
    read: (object) => scaleOf(object, selectorOf(object)),
    write(current, body) {
      const name = nameOf(current);
      checkScale(body, current);
      const other = uidProblem(body, current);
      if (other !== undefined) {
        throw conflict(subjectOf({ resource, subresource: "scale" }, name), other);
      }
      const next = cloneJson(current);
      if (next.spec) next.spec.replicas = replicasIn(body);
      return next;
    },
  };
}

function scaleOf({ metadata, spec, status }: Scalable, selector: LabelSelector | undefined): Scale {
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: scaleMetadata(metadata ?? {}),
    spec: scaleSpec(spec?.replicas),
    status: { replicas: status?.replicas ?? 0, selector: matcherOf(selector).toString() },
  };
}

/** What a Scale says of the object that it is a view of. */
export function scaleMetadata(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return present({ name, namespace, uid, resourceVersion, creationTimestamp });
}

/** What a Scale wants: 0 is not written. */
export function scaleSpec(replicas = 0): NonNullable<Scale["spec"]> {
  return replicas === 0 ? {} : { replicas };
}

/** How many a Scale asks for, as it was decoded: a whole number, none for 0. */
export function replicasIn(body: KubeObject): number {
  const spec = field(body, "spec");
  const replicas =
    typeof spec === "object" && spec !== null && "replicas" in spec ? spec.replicas : 0;
  return typeof replicas === "number" ? replicas : 0;
}

const SCALES = { group: "autoscaling", plural: "scales", kind: "Scale" };

/**
 * @throws StatusError 422 where a Scale asks for no possible number, or says of itself what no object
 * may. Who manages its fields is not for it to say.
 */
function checkScale(body: KubeObject, current: KubeObject): void {
  const { name = "", namespace = "" } = current.metadata ?? {};
  const { managedFields: _, ...sent } = body.metadata ?? {};
  const errors = [
    ...validateMetadata({ ...sent, name, namespace }, { namespaced: true }),
    ...nonNegative("spec.replicas", replicasIn(body)),
  ];
  if (errors.length > 0) throw invalidObject({ resource: SCALES, name }, errors);
}

export const deployments: Strategy<Deployment> = {
  views: { scale: scaleView(DEPLOYMENTS, ({ spec }) => spec?.selector) },
};
export const replicaSets: Strategy<ReplicaSet> = {
  views: { scale: scaleView(REPLICA_SETS, ({ spec }) => spec?.selector) },
};
export const statefulSets: Strategy<StatefulSet> = {
  views: { scale: scaleView(STATEFUL_SETS, ({ spec }) => spec?.selector) },
};

/** Deleting one leaves its pods, as it always did, unless one says otherwise. */
export const replicationControllers: Strategy<ReplicationController> = {
  defaultPropagation: () => "Orphan",
  views: {
    scale: scaleView(REPLICATION_CONTROLLERS, ({ spec }) => ({
      matchLabels: spec?.selector ?? {},
    })),
  },
};
