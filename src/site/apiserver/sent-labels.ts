import type { KubeObject } from "#api/object.ts";
import { cloneJson } from "./json.ts";

/**
 * Gives `next`, in place, the labels and annotations of what is sent: all of its metadata that a
 * change through a subresource may say, where it says no more than Kubernetes' own status strategies.
 */
export function takeSentLabels<T extends KubeObject>(next: T, sent: KubeObject): T {
  const { labels, annotations } = cloneJson(sent.metadata ?? {});
  next.metadata = { ...next.metadata };
  delete next.metadata.labels;
  delete next.metadata.annotations;
  if (labels) next.metadata.labels = labels;
  if (annotations) next.metadata.annotations = annotations;
  return next;
}
