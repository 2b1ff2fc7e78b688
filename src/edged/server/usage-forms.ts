import { rfc3339 } from "#lib/clock.ts";
import { type Labels, Metrics, type Sample } from "#lib/metrics.ts";
import type { CgroupUsage } from "#linux/cgroups/usage.ts";
import type { Usage } from "./usage.ts";

const NANOSECONDS_PER_SECOND = 1e9;

/** `/metrics/resource`: what metrics servers read. */
export function resourceMetrics({ node, pods }: Usage): string {
  const metrics = new Metrics();
  const labelled = pods.map((pod) => {
    const labels = { namespace: pod.pod.namespace, pod: pod.pod.name };
    return { ...pod, labels };
  });
  const containers = labelled.flatMap(({ containers: all, labels }) =>
    all.map((one) => ({ ...one, labels: { container: one.name, ...labels } })),
  );
  show(metrics, "node", [{ ...node, labels: {} }]);
  show(metrics, "pod", labelled);
  show(metrics, "container", containers);
  metrics.read(
    {
      type: "gauge",
      name: "container_start_time_seconds",
      help: "When the container started, in seconds since 1970.",
    },
    () => containers.map(({ labels, startedAt }) => [labels, startedAt.getTime() / 1000]),
  );
  metrics.read(
    {
      type: "gauge",
      name: "resource_scrape_error",
      help: "1 if there was an error while getting container metrics, 0 otherwise.",
    },
    () => [[{}, 0]],
  );
  return metrics.text();
}

type Labelled = CgroupUsage & { readonly labels: Labels };

function show(metrics: Metrics, of: string, all: readonly Labelled[]): void {
  const samples = (pick: (one: Labelled) => number): readonly Sample[] =>
    all.map((one) => [one.labels, pick(one)]);
  metrics.read(
    {
      type: "counter",
      name: `${of}_cpu_usage_seconds_total`,
      help: `Cumulative cpu time consumed by the ${of}, in seconds.`,
    },
    () => samples(({ cpuNanoseconds }) => cpuNanoseconds / NANOSECONDS_PER_SECOND),
  );
  metrics.read(
    {
      type: "gauge",
      name: `${of}_memory_working_set_bytes`,
      help: `Current working set of the ${of}, in bytes.`,
    },
    () => samples(({ workingSetBytes }) => workingSetBytes),
  );
}

/** `/stats/summary` (`k8s.io/kubelet/pkg/apis/stats/v1alpha1`). */
export function summaryOf({ node, pods, at }: Usage, nodeName: string): object {
  const time = rfc3339(at);
  const used = ({ cpuNanoseconds, memoryBytes, workingSetBytes }: CgroupUsage) => ({
    cpu: { time, usageCoreNanoSeconds: cpuNanoseconds },
    memory: { time, usageBytes: memoryBytes, workingSetBytes },
  });
  const { memory, ...rest } = used(node);
  return {
    node: {
      nodeName,
      startTime: rfc3339(node.startedAt),
      ...rest,
      memory: { ...memory, availableBytes: node.availableBytes },
    },
    pods: pods.map((pod) => ({
      podRef: pod.pod,
      startTime: rfc3339(pod.startedAt),
      containers: pod.containers.map((one) => ({
        name: one.name,
        startTime: rfc3339(one.startedAt),
        ...used(one),
      })),
      ...used(pod),
    })),
  };
}
