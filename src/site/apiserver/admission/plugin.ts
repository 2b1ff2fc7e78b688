import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { forbidden, type StatusError } from "#api/status.ts";
import type { CreateTarget } from "#api/verbs.ts";
import type { Admission } from "../admission.ts";

interface RequestBase<T extends KubeObject> {
  /** What is written; `name` is absent or empty while it is not generated yet. */
  readonly target: CreateTarget<T>;
  /** Who writes, when, and whether it is only rehearsed. */
  readonly admission: Admission;
}

interface CreateRequest<T extends KubeObject> extends RequestBase<T> {
  /** CONNECT opens a stream; its options are the object. */
  readonly operation: "CREATE" | "CONNECT";
  /** Private to the write; mutating plug-ins change it in place. The body, for an action. */
  readonly object: T;
  readonly current?: undefined;
}

interface UpdateRequest<T extends KubeObject> extends RequestBase<T> {
  readonly operation: "UPDATE";
  readonly object: T;
  readonly current: T;
}

interface DeleteRequest<T extends KubeObject> extends RequestBase<T> {
  readonly operation: "DELETE";
  readonly object?: undefined;
  readonly current: T;
}

/** A write as admission sees it: apiserver's `admission.Attributes`. */
export type AdmissionRequest<T extends KubeObject = KubeObject> =
  | CreateRequest<T>
  | UpdateRequest<T>
  | DeleteRequest<T>;

/**
 * One of Kubernetes' admission plug-ins. It runs synchronously where the write is decided, and what
 * it reads of the store is what the write will find. Refusing is throwing a StatusError.
 */
export interface AdmissionPlugin<T extends KubeObject = KubeObject> {
  /** The kinds that it is about; every kind where absent. */
  readonly kinds?: readonly Resource<T>[];
  /** The subresources that it is about too; none by default. */
  readonly subresources?: readonly string[] | "all";
  /** Changes what is to be stored, in place, before it is validated; also sees deletions. */
  mutate?(request: AdmissionRequest<T>): void;
  /**
   * The same, after all others. True: it changed something, and all look once more, this one too;
   * what it answers then does not count.
   */
  mutateLast?(request: AdmissionRequest<T>): boolean;
  /** Looks at what will be stored. It may run again for the same write, and may set aside with `admission.onRollback`. */
  validate?(request: AdmissionRequest<T>): void;
}

/** The refusal of a write, as `admission.NewForbidden` words it. */
export function refused(request: AdmissionRequest, why: string): StatusError {
  const { resource, name = "" } = request.target;
  const { name: own = "", generateName = "" } = request.object?.metadata ?? {};
  return forbidden({ resource, name: name || own || generateName || "Unknown" }, { why });
}
