import { NAMESPACES } from "#api/resources.ts";
import { forbidden, notFound } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { newestOf } from "../kind.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "./plugin.ts";

const IMMORTAL: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

/** Nothing is created in a namespace that is not there or is going; some namespaces never go. */
export function namespaceLifecycle(store: ObjectStore): AdmissionPlugin {
  const check = (request: AdmissionRequest): void => {
    const { resource, name = "" } = request.target;
    if (request.operation === "DELETE") {
      if (resource.plural !== NAMESPACES.plural || resource.group !== "" || !IMMORTAL.has(name)) {
        return;
      }
      throw refused(request, "this namespace may not be deleted");
    }
    if (request.operation === "CREATE" && resource.namespaced) checkNamespace(store, request);
  };
  // Again where the write is decided: what is asked in between may take its time.
  return { subresources: "all", mutate: check, validate: check };
}

/**
 * What is on its way to the disk counts: a creation that is queued behind the word that the
 * namespace goes would become visible after the namespace controller saw it empty, and outlive it.
 */
function checkNamespace(store: ObjectStore, { target, object }: AdmissionRequest): void {
  const { resource, namespace, name = object?.metadata?.name ?? "" } = target;
  const found = newestOf(store, { resource: NAMESPACES, namespace: "" }, namespace);
  if (found === undefined) throw notFound({ resource: NAMESPACES, name: namespace });
  if (found.metadata?.deletionTimestamp === undefined) return;
  throw forbidden(
    { resource, name },
    {
      why: `unable to create new content in namespace ${namespace} because it is being terminated`,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    },
  );
}
