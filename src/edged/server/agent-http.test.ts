import { describe, expect, test } from "bun:test";
import { StatusError } from "#api/status.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { createAgentHttp } from "./agent-http.ts";
import type { RunningPod } from "./usage.ts";

const at = new Date("2026-01-31T10:00:00Z");

/** A pod whose one container is this process. */
const pod: RunningPod = {
  pod: {
    metadata: { name: "web", namespace: "a", uid: "u" },
    spec: { containers: [{ name: "main" }] },
  },
  observed: {
    sandboxes: [{ id: "s", attempt: 0, running: true, pid: process.pid, createdAt: at }],
    containers: [
      {
        ...{ id: "c", name: "main", attempt: 0, sandboxId: "s", state: "running" },
        ...{ image: "i", imageId: "i", createdAt: at, startedAt: at, pid: process.pid },
        ...{ exitCode: 0, oomKilled: false },
      },
    ],
  },
};

const logs: unknown[] = [];
const agent = createAgentHttp({
  node: {
    name: "n",
    kubeletVersion: "v1",
    podCIDRs: ["10.42.0.0/24"],
    leaseRenewMs: 10_000,
  },
  dns: { server: "10.43.0.10", domain: "cluster.local" },
  workers: () => [pod],
  logs: async (request) => {
    logs.push(request);
    return new Response("a line\n").body ?? new ReadableStream();
  },
  clock: { now: () => at, monotonicMs: () => 0 },
});

const ask = (path: string, method = "GET"): Promise<Response> =>
  agent("n", new Request(`http://node${path}`, { method }));
const text = async (path: string): Promise<string> => (await ask(path)).text();

describe("a node's agent", () => {
  test("says that it is well, and what it runs", async () => {
    expect(await text("/healthz")).toBe("ok");
    expect(JSON.parse(await text("/pods"))).toMatchObject({
      kind: "PodList",
      items: [{ metadata: { name: "web" }, spec: { containers: [{ name: "main" }] } }],
    });
    expect(JSON.parse(await text("/runningpods/")).items).toEqual([
      {
        metadata: { name: "web", namespace: "a", uid: "u" },
        spec: { containers: [{ name: "main", resources: {} }] },
        status: {},
      },
    ]);
    expect(JSON.parse(await text("/configz")).kubeletconfig).toMatchObject({
      clusterDNS: ["10.43.0.10"],
      nodeStatusUpdateFrequency: "10s",
    });
  });

  test("hands out a container's log", async () => {
    expect(await text("/containerLogs/a/web/main?tailLines=5&follow=true")).toBe("a line\n");
    expect(logs).toEqual([
      {
        ...{ kind: "logs", namespace: "a", pod: "web", uid: "u", container: "main" },
        ...{ follow: true, previous: false, timestamps: false, tailLines: 5 },
      },
    ]);
    expect((await ask("/containerLogs/a/none/main")).status).toBe(404);
  });

  test("measures the node, its pods and their containers", async () => {
    // A process that has just begun may have used less than the kernel counts.
    await eventually(async () =>
      /cpu_usage_seconds_total\{container=.* 0*\.?0*[1-9]/.test(await text("/metrics/resource")),
    );
    const numbers = await text("/metrics/resource");
    for (const labels of [
      '{container="main",namespace="a",pod="web"}',
      '{namespace="a",pod="web"}',
      "",
    ]) {
      const of = labels === "" ? "node" : labels.startsWith("{c") ? "container" : "pod";
      expect(numbers).toMatch(new RegExp(`^${of}_cpu_usage_seconds_total\\${labels || " "}`, "m"));
      expect(numbers).toMatch(new RegExp(`^${of}_memory_working_set_bytes.* [1-9]\\d{6,}$`, "m"));
    }
    expect(numbers).toContain("resource_scrape_error 0\n");
    const summary = JSON.parse(await text("/stats/summary"));
    const used = {
      cpu: { time: "2026-01-31T10:00:00Z", usageCoreNanoSeconds: expect.any(Number) },
      memory: {
        time: "2026-01-31T10:00:00Z",
        usageBytes: expect.any(Number),
        workingSetBytes: expect.any(Number),
      },
    };
    const startTime = "2026-01-31T10:00:00Z";
    expect(summary).toMatchObject({ node: { nodeName: "n", cpu: used.cpu } });
    expect(summary.pods).toEqual([
      {
        podRef: { name: "web", namespace: "a", uid: "u" },
        startTime,
        containers: [{ name: "main", startTime, ...used }],
        ...used,
      },
    ]);
    expect(await text("/metrics")).toContain(
      'kubelet_running_containers{container_state="running"} 1\n',
    );
  });

  test("knows no other paths, methods and nodes", async () => {
    expect((await ask("/nope")).status).toBe(404);
    expect((await ask("/healthz", "POST")).status).toBe(405);
    const error = await rejection(agent("other", new Request("http://node/healthz")));
    expect(error instanceof StatusError && error.code).toBe(503);
  });
});
