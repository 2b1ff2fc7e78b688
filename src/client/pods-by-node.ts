import type { Pod } from "#api/object.ts";
import type { Informer } from "./informer.ts";

const BY_NODE = "node";

/** Lets `podsOn` find the pods of a node without looking at everybody else's. */
export function indexByNode(pods: Informer<Pod>): void {
  pods.addIndex(BY_NODE, ({ spec }) => [spec?.nodeName ?? ""]);
}

/** The pods that are placed on a node. */
export function podsOn(pods: Informer<Pod>, node: string): readonly Pod[] {
  return pods.byIndex(BY_NODE, node);
}
