import type { LogRequest, NodeStreams } from "#api/node-streams.ts";
import type { Pod } from "#api/object.ts";
import { StatusError } from "#api/status.ts";
import type { Clock } from "#lib/clock.ts";
import { Metrics } from "#lib/metrics.ts";
import type { DnsConfig } from "../container/dns-files.ts";
import type { NodeOptions } from "../node/node-object.ts";
import { liveSandbox } from "../pod/observed.ts";
import { refOf } from "../pod/pod-runner.ts";
import { measure, type RunningPod, type Usage } from "./usage.ts";
import { resourceMetrics, summaryOf } from "./usage-forms.ts";

export interface AgentHttpOptions {
  readonly node: NodeOptions;
  readonly dns: DnsConfig;
  /** The pods of this node, now. */
  readonly workers: () => readonly RunningPod[];
  readonly logs: NodeStreams["logs"];
  readonly clock: Clock;
}

const TEXT = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };

const METRICS = { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" };

/**
 * What this node's agent says about itself over HTTP, at kubelet's paths: `/healthz`, `/pods`,
 * `/runningpods/`, `/configz`, `/metrics`, `/metrics/resource`, `/stats/summary` and
 * `/containerLogs/NAMESPACE/POD/CONTAINER`.
 */
export function createAgentHttp(options: AgentHttpOptions): NodeStreams["ask"] {
  const { node } = options;
  return async (name, request) => {
    if (name !== node.name) {
      throw new StatusError(`node ${JSON.stringify(name)} is out of reach`, {
        code: 503,
        reason: "ServiceUnavailable",
      });
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Method Not Allowed\n", { status: 405, headers: TEXT });
    }
    const url = new URL(request.url);
    switch (url.pathname.replace(/(?<=.)\/$/, "")) {
      case "/healthz":
      case "/healthz/ping":
        return new Response("ok", { headers: TEXT });
      case "/pods":
        return podList(options.workers().map(({ pod }) => pod));
      case "/runningpods":
        return podList(options.workers().filter(isRunning).map(nameOnly));
      case "/configz":
        return Response.json({ kubeletconfig: configOf(options) });
      case "/metrics":
        return new Response(agentMetrics(options), { headers: METRICS });
      case "/metrics/resource":
        return new Response(resourceMetrics(await usageOf(options)), { headers: METRICS });
      case "/stats/summary":
        return Response.json(summaryOf(await usageOf(options), node.name));
      default:
        return (await containerLog(url, request, options)) ?? notFound();
    }
  };
}

const usageOf = ({ workers, clock }: AgentHttpOptions): Promise<Usage> =>
  measure(workers(), clock.now());

/** Kubelet's own numbers, as far as they mean the same here. */
function agentMetrics({ node, workers }: AgentHttpOptions): string {
  const metrics = new Metrics();
  const states = workers().flatMap(({ observed }) => observed.containers.map(({ state }) => state));
  metrics.read(
    { type: "gauge", name: "kubelet_node_name", help: "The node's name. The count is always 1." },
    () => [[{ node: node.name }, 1]],
  );
  metrics.read(
    {
      type: "gauge",
      name: "kubelet_running_pods",
      help: "Number of pods that have a running pod sandbox",
    },
    () => [[{}, workers().filter(({ observed }) => liveSandbox(observed)).length]],
  );
  metrics.read(
    { type: "gauge", name: "kubelet_running_containers", help: "Number of containers by state" },
    () =>
      [...new Set(states)].map((state) => [
        { container_state: state },
        states.filter((one) => one === state).length,
      ]),
  );
  return metrics.text();
}

const isRunning = ({ observed }: RunningPod): boolean =>
  observed.containers.some(({ state }) => state === "running");

function nameOnly({ pod, observed }: RunningPod): Pod {
  const { name, namespace, uid } = refOf(pod);
  const running = observed.containers.filter(({ state }) => state === "running");
  const containers = running.map((one) => ({ name: one.name, resources: {} }));
  return { metadata: { name, namespace, uid }, spec: { containers }, status: {} };
}

function podList(items: readonly Pod[]): Response {
  return Response.json({ kind: "PodList", apiVersion: "v1", metadata: {}, items });
}

/** The settings that this agent and a kubelet both have, in kubelet's words. */
function configOf({ node, dns }: AgentHttpOptions): object {
  return {
    kind: "KubeletConfiguration",
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    clusterDomain: dns.domain,
    clusterDNS: [dns.server],
    podCIDR: node.podCIDRs?.join(",") ?? "",
    ...(node.leaseRenewMs && { nodeStatusUpdateFrequency: `${node.leaseRenewMs / 1000}s` }),
  };
}

async function containerLog(
  { pathname, searchParams }: URL,
  { signal }: Request,
  { workers, logs }: AgentHttpOptions,
): Promise<Response | undefined> {
  const [, namespace, pod, container] =
    /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
  if (namespace === undefined || pod === undefined || container === undefined) return undefined;
  const found = workers()
    .map((worker) => refOf(worker.pod))
    .find((ref) => ref.namespace === namespace && ref.name === pod);
  if (found === undefined) {
    return new Response(`pod "${pod}" does not exist\n`, { status: 404, headers: TEXT });
  }
  const request = { ...{ namespace, pod, uid: found.uid, container }, ...optionsOf(searchParams) };
  return new Response(await logs({ kind: "logs", ...request }, signal), { headers: TEXT });
}

function optionsOf(
  query: URLSearchParams,
): Pick<LogRequest, "follow" | "previous" | "timestamps" | "tailLines" | "sinceSeconds"> {
  const is = (name: string): boolean => query.get(name) === "true";
  const number = (name: string): number | undefined =>
    /^\d{1,9}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : undefined;
  const tailLines = number("tailLines");
  const sinceSeconds = number("sinceSeconds");
  return {
    ...{ follow: is("follow"), previous: is("previous"), timestamps: is("timestamps") },
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
  };
}

function notFound(): Response {
  return new Response("404 page not found\n", { status: 404, headers: TEXT });
}
