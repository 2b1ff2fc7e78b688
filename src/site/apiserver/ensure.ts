import { type KubeObject, nameOf, namespaceOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { isMissing } from "#api/status.ts";
import type { Verbs } from "#api/verbs.ts";

/** Creates what is not there, or cannot be read, and leaves alone what is; true when it was created. */
export async function ensure<T extends KubeObject>(
  verbs: Verbs,
  resource: Resource<T>,
  object: T,
): Promise<boolean> {
  const namespace = namespaceOf(object);
  try {
    await verbs.get({ resource, namespace, name: nameOf(object) });
    return false;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await verbs.create({ resource, namespace }, object);
  return true;
}
