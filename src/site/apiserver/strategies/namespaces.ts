import { setNamespaceDefaults } from "#api/defaults/core.ts";
import type { KubeObject, Namespace } from "#api/object.ts";
import { validateNamespaceFinalizers } from "#api/validation/cluster.ts";
import { cloneJson, field } from "../json.ts";
import { takeSentMetadata } from "../sent-metadata.ts";
import type { Strategy } from "../strategy.ts";

/** Namespaces: they go in two steps, and only when the namespace controller has emptied them. */
export const namespaces: Strategy<Namespace> = {
  prepareUpdate({ next, current }) {
    next.spec = cloneJson(current.spec ?? {});
  },
  beginDeletion(next) {
    next.status = { ...next.status, phase: "Terminating" };
  },
  isHeld: ({ spec }) => (spec?.finalizers ?? []).length > 0,
  views: {
    finalize: {
      validated: false,
      read: (namespace) => namespace,
      write(current, body) {
        const next = cloneJson(current);
        next.spec = { finalizers: finalizersOf(body) };
        takeSentMetadata(next, body);
        setNamespaceDefaults(next);
        return next;
      },
      validate: validateNamespaceFinalizers,
    },
  },
};

function finalizersOf(body: KubeObject): string[] {
  const spec = field(body, "spec");
  if (typeof spec !== "object" || spec === null || !("finalizers" in spec)) return [];
  const { finalizers } = spec;
  return Array.isArray(finalizers) ? finalizers.map(String) : [];
}
