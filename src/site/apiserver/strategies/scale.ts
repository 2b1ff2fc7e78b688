import { invalid } from "#api/field-error.ts";
import type {
  Deployment,
  KubeObject,
  LabelSelector,
  ObjectMeta,
  ReplicaSet,
  ReplicationController,
  Scale,
  StatefulSet,
} from "#api/object.ts";
import { matcherOf } from "#api/selector.ts";
import { invalidObject } from "#api/status.ts";
import { present } from "#lib/present.ts";
import { cloneJson, field } from "../json.ts";
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
  selectorOf: (object: T) => LabelSelector | undefined,
): View<T> {
  return {
    validated: true,
    read: (object) => scaleOf(object, selectorOf(object)),
    write(current, body) {
      const replicas = replicasOf(body);
      const next = cloneJson(current);
      if (next.spec) next.spec.replicas = replicas;
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

/** @throws StatusError 422 where a Scale asks for no possible number. */
function replicasOf(body: KubeObject): number {
  const replicas = replicasIn(body);
  if (replicas >= 0) return replicas;
  const subject = {
    resource: { group: "autoscaling", plural: "scales", kind: "Scale" },
    name: body.metadata?.name ?? "",
  };
  throw invalidObject(subject, [
    invalid("spec.replicas", { value: replicas, detail: "must be greater than or equal to 0" }),
  ]);
}

export const deployments: Strategy<Deployment> = {
  views: { scale: scaleView<Deployment>(({ spec }) => spec?.selector) },
};
export const replicaSets: Strategy<ReplicaSet> = {
  views: { scale: scaleView<ReplicaSet>(({ spec }) => spec?.selector) },
};
export const statefulSets: Strategy<StatefulSet> = {
  views: { scale: scaleView<StatefulSet>(({ spec }) => spec?.selector) },
};

/** Deleting one leaves its pods, as it always did, unless one says otherwise. */
export const replicationControllers: Strategy<ReplicationController> = {
  defaultPropagation: () => "Orphan",
  views: {
    scale: scaleView<ReplicationController>(({ spec }) => ({ matchLabels: spec?.selector ?? {} })),
  },
};
