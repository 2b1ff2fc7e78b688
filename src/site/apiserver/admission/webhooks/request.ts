import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { NAMESPACES } from "#api/resources.ts";
import type { Admission } from "../../admission.ts";

/** A write that webhooks and policies are asked about. */
export interface ReviewRequest {
  readonly operation: "CONNECT" | "CREATE" | "UPDATE" | "DELETE";
  /** The row that the caller addressed. */
  readonly resource: Resource;
  readonly namespace: string;
  /** `""` where it is to be generated. */
  readonly name: string;
  readonly subresource?: string;
  readonly admission: Admission;
  /** `meta.k8s.io/v1` CreateOptions, PatchOptions, …; a connection has none. */
  readonly options?: KubeObject;
}

/** The object of a write before and after; both as the caller addressed them. */
export interface Versions {
  readonly object?: KubeObject | undefined;
  readonly oldObject?: KubeObject | undefined;
}

export function isNamespace({ resource }: Pick<ReviewRequest, "resource">): boolean {
  return resource.plural === NAMESPACES.plural && resource.group === NAMESPACES.group;
}

/** The namespace of a request; that of a Namespace is itself. */
export function requestNamespace(request: ReviewRequest): string {
  return isNamespace(request) ? request.name : request.namespace;
}
