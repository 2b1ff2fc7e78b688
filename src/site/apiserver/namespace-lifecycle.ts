import type { KubeObject } from "#api/object.ts";
import { NAMESPACES } from "#api/resources.ts";
import { forbidden, notFound, type Subject } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { keyOf } from "./kind.ts";

/**
 * Admission `NamespaceLifecycle`: nothing is created in a namespace that is not there or is going.
 * What is on its way to the disk counts: a creation that is queued behind the word that the
 * namespace goes would become visible after the namespace controller saw it empty, and outlive it.
 * @throws StatusError 404 or 403.
 */
export function admitToNamespace(store: ObjectStore, namespace: string, subject: Subject): void {
  const item = store.newest(keyOf({ resource: NAMESPACES, namespace: "" }, namespace));
  if (item === undefined) throw notFound({ resource: NAMESPACES, name: namespace });
  if (!isTerminating(item.value)) return;
  throw forbidden(subject, {
    why: `unable to create new content in namespace ${namespace} because it is being terminated`,
    causes: [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  });
}

function isTerminating({ metadata }: KubeObject): boolean {
  return metadata?.deletionTimestamp !== undefined;
}
