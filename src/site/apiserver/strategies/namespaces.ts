import type { KubeObject, Namespace } from "#api/object.ts";
import { NAMESPACES } from "#api/resources.ts";
import { forbidden } from "#api/status.ts";
import { cloneJson, field } from "../json.ts";
import type { Strategy } from "../strategy.ts";

/** apiserver `NamespaceLifecycle`'s immortal namespaces. */
const PROTECTED = new Set(["default", "kube-system", "kube-public"]);

/** Namespaces: they go in two steps, and only when the namespace controller has emptied them. */
export const namespaces: Strategy<Namespace> = {
  prepareUpdate({ next, current }) {
    next.spec = cloneJson(current.spec ?? {});
  },
  checkDelete({ metadata }) {
    const name = metadata?.name ?? "";
    if (!PROTECTED.has(name)) return;
    throw forbidden({ resource: NAMESPACES, name }, { why: "this namespace may not be deleted" });
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
        return next;
      },
    },
  },
};

function finalizersOf(body: KubeObject): string[] {
  const spec = field(body, "spec");
  if (typeof spec !== "object" || spec === null || !("finalizers" in spec)) return [];
  const { finalizers } = spec;
  return Array.isArray(finalizers) ? finalizers.map(String) : [];
}
