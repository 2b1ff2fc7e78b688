import type { Node } from "#api/object.ts";
import { NODES } from "#api/resources.ts";
import type { AdmissionPlugin } from "./plugin.ts";

const NOT_READY = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

/**
 * Nothing is scheduled to a new node until the node-lifecycle controller saw that it is ready
 * (TaintNodesByCondition).
 */
export const taintNodesByCondition: AdmissionPlugin<Node> = {
  kinds: [NODES],
  mutate({ operation, object }) {
    if (operation !== "CREATE") return;
    const { taints = [] } = object.spec ?? {};
    const { key, effect } = NOT_READY;
    if (taints.some((taint) => taint.key === key && taint.effect === effect)) return;
    object.spec = { ...object.spec, taints: [...taints, { ...NOT_READY }] };
  },
};
