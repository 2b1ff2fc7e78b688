import type { Target } from "./verbs.ts";

/** Something that somebody wants to do with a resource (`authorizer.Attributes`). What is not meant is `""`. */
export interface ResourceAccess {
  /** `get`, `list`, …, and verbs without a request of their own: `escalate`, `bind`, `impersonate`. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** Plural: `pods`. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** The value that the selector of a list or watch demands of a field, where it has one. */
  readonly required?: (field: string) => string | undefined;
}

/** A request for a path that belongs to no resource: `/openapi/v2`. */
export interface PathAccess {
  /** The method in lower case. */
  readonly verb: string;
  readonly path: string;
}

export type Access = ResourceAccess | PathAccess;

interface AnyTarget extends Target {
  readonly name?: string;
  readonly subresource?: string;
}

/** What a verb on a target is to an authorizer. A namespace lies in itself, as RequestInfo has it. */
export function accessTo(target: AnyTarget, verb: string): ResourceAccess {
  const { resource, namespace, name = "", subresource = "" } = target;
  const { group, version, plural } = resource;
  const within = group === "" && plural === "namespaces" ? name : namespace;
  return { verb, group, version, resource: plural, subresource, namespace: within, name };
}
