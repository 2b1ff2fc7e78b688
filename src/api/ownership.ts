import { must } from "#lib/errors.ts";
import type { KubeObject, OwnerReference } from "./object.ts";
import { apiVersionOf, type GroupVersionKind } from "./resource.ts";

/** The reference to the one object that manages this one, if any does. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

/** True where `owner` manages `object`; namesakes that came later do not. */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  const uid = owner.metadata?.uid;
  return uid !== undefined && controllerOf(object)?.uid === uid;
}

/** A reference that makes `owner`, a stored object of `kind`, the manager of what carries it. */
export function controllerReference(kind: GroupVersionKind, owner: KubeObject): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: must(owner.metadata?.name, "an owner with a name"),
    uid: must(owner.metadata?.uid, "an owner with a UID"),
    controller: true,
    blockOwnerDeletion: true,
  };
}
