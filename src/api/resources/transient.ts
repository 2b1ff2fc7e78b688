import type { FieldError } from "../field-error.ts";
import type { Binding, Eviction, KubeObject, Scale } from "../object.ts";
import type { GroupVersionKind } from "../resource.ts";
import { validateBinding } from "../validation/pod.ts";
import { validateScale } from "../validation/workload.ts";

/** A kind that is sent or answered but never stored: bodies of subresources, Status, options. */
export interface TransientKind<T extends KubeObject = KubeObject> extends GroupVersionKind {
  /** Name of its OpenAPI v2 definition. */
  readonly definition: string;
  validate(object: T): FieldError[];
}

export const BINDING: TransientKind<Binding> = {
  group: "",
  version: "v1",
  kind: "Binding",
  definition: "io.k8s.api.core.v1.Binding",
  validate: validateBinding,
};

export const EVICTION: TransientKind<Eviction> = {
  group: "policy",
  version: "v1",
  kind: "Eviction",
  definition: "io.k8s.api.policy.v1.Eviction",
  validate: () => [],
};

export const SCALE_KIND: TransientKind<Scale> = {
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  definition: "io.k8s.api.autoscaling.v1.Scale",
  validate: validateScale,
};

export const STATUS: TransientKind = {
  group: "",
  version: "v1",
  kind: "Status",
  definition: "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
  validate: () => [],
};

export const DELETE_OPTIONS: TransientKind = {
  group: "",
  version: "v1",
  kind: "DeleteOptions",
  definition: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  validate: () => [],
};

/** All kinds that have no storage of their own. */
export const TRANSIENT_KINDS: readonly TransientKind[] = [
  BINDING,
  EVICTION,
  SCALE_KIND,
  STATUS,
  DELETE_OPTIONS,
];
