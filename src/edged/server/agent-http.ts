import type { LogRequest, NodeStreams } from "#api/node-streams.ts";
import type { Pod } from "#api/object.ts";
import { StatusError } from "#api/status.ts";
import type { DnsConfig } from "../container/dns-files.ts";
import type { NodeOptions } from "../node/node-object.ts";
import { refOf } from "../pod/pod-runner.ts";
import type { PodWorker } from "../pod/pod-worker.ts";

export interface AgentHttpOptions {
  readonly node: NodeOptions;
  readonly dns: DnsConfig;
  /** The pods of this node, now. */
  readonly workers: () => readonly PodWorker[];
  readonly logs: NodeStreams["logs"];
}

const TEXT = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };

/**
 * What this node's agent says about itself over HTTP, at kubelet's paths: `/healthz`, `/pods`,
 * `/runningpods/`, `/configz` and `/containerLogs/NAMESPACE/POD/CONTAINER`.
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
      default:
        return (await containerLog(url, request, options)) ?? notFound();
    }
  };
}

const isRunning = ({ observed }: PodWorker): boolean =>
  observed.containers.some(({ state }) => state === "running");

function nameOnly({ pod, observed }: PodWorker): Pod {
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
    podCIDR: node.podCIDR,
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
