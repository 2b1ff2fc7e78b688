import { isDeepStrictEqual } from "node:util";
import { objectKey, type Pod, type Service } from "#api/object.ts";
import { isReady, isTerminal } from "#api/pod.ts";
import { matcherOfLabels } from "#api/selector.ts";
import type { Informer, InformerHandler } from "#client/informer.ts";
import type { WorkQueue } from "#client/workqueue.ts";
import { isSelecting } from "./service-endpoints.ts";

/** The pods that a Service selects. */
export function podsOf(service: Service, pods: Informer<Pod>): Pod[] {
  const matcher = matcherOfLabels(service.spec?.selector ?? {});
  return pods
    .list(service.metadata?.namespace)
    .filter(({ metadata }) => matcher.matches(metadata?.labels));
}

/** A handler that queues the Services of a pod whose part in them changed. */
export function queueServices(services: Informer<Service>, queue: WorkQueue): InformerHandler<Pod> {
  const add = (pod: Pod): void => {
    for (const service of services.list(pod.metadata?.namespace)) {
      if (!isSelecting(service)) continue;
      const matcher = matcherOfLabels(service.spec?.selector ?? {});
      if (matcher.matches(pod.metadata?.labels)) queue.add(objectKey(service));
    }
  };
  return {
    added: add,
    updated(next, previous) {
      if (isDeepStrictEqual(partOf(next), partOf(previous))) return;
      add(next);
      if (!isDeepStrictEqual(next.metadata?.labels, previous.metadata?.labels)) add(previous);
    },
    deleted: add,
  };
}

/** All that endpoints show of a pod. */
function partOf(pod: Pod) {
  const { spec, status, metadata } = pod;
  return {
    address: status?.podIP,
    node: spec?.nodeName,
    host: [spec?.hostname, spec?.subdomain],
    ready: isReady(pod),
    terminal: isTerminal(pod),
    ending: metadata?.deletionTimestamp !== undefined,
    labels: metadata?.labels,
  };
}
