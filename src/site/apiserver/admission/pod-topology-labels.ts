import type { KubeObject } from "#api/object.ts";
import { NODES, PODS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { newestOf, objectOf } from "../kind.ts";
import { bindingTarget } from "../strategies/pod-actions.ts";
import type { AdmissionPlugin } from "./plugin.ts";

const COPIED = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/** Pods say where their node is: PodTopologyLabels. What they said of it themselves gives way. */
export function podTopologyLabels(store: ObjectStore): AdmissionPlugin {
  return {
    kinds: [PODS],
    subresources: ["binding"],
    mutate({ operation, object, target: { subresource } }) {
      if (operation !== "CREATE") return;
      const node = subresource === "binding" ? boundTo(object) : nodeOf(object);
      const found = node ? newestOf(store, { resource: NODES, namespace: "" }, node) : undefined;
      const known = Object.entries(found?.metadata?.labels ?? {});
      const labels = known.filter(([key]) => COPIED.includes(key));
      if (labels.length === 0) return;
      const { labels: own, ...metadata } = object.metadata ?? {};
      object.metadata = { ...metadata, labels: { ...own, ...Object.fromEntries(labels) } };
    },
  };
}

const nodeOf = (pod: KubeObject): string | undefined => objectOf(PODS, pod).spec?.nodeName;

function boundTo(binding: KubeObject): string | undefined {
  const { kind, name } = bindingTarget(binding);
  return kind === "Node" ? name : undefined;
}
