import type { Resource, Verb } from "#api/resource.ts";
import { StatusError } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";

/** One thing that a user wants to do, as RBAC sees it. */
export interface Attributes {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
}

const SUPERUSERS = "system:masters";

/**
 * Lets through who may do it. Until roles exist, members of system:masters may do everything and
 * nobody else anything.
 * @throws StatusError 403 in Kubernetes' words.
 */
export function authorize(user: UserInfo, attributes: Attributes): void {
  if (user.groups.includes(SUPERUSERS)) return;
  const { verb, resource, namespace, name = "", subresource } = attributes;
  const { group, plural } = resource;
  const path = subresource === undefined ? plural : `${plural}/${subresource}`;
  const what = group === "" ? path : `${path}.${group}`;
  const which = name === "" ? what : `${what} "${name}"`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  throw new StatusError(
    `${which} is forbidden: User "${user.name}" cannot ${verb} resource "${path}" in API group "${group}" ${where}`,
    {
      code: 403,
      reason: "Forbidden",
      details: {
        ...(name !== "" && { name }),
        ...(group !== "" && { group }),
        kind: plural,
      },
    },
  );
}
