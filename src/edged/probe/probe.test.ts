import { afterEach, describe, expect, test } from "bun:test";
import type { Container, Probe } from "#api/object.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import { dialHttp, dialTcp } from "./dial.ts";
import { runHandler } from "./handler.ts";
import { Prober } from "./prober.ts";

const runtime: RuntimeContainer = {
  ...{ id: "c1", name: "main", attempt: 0, sandboxId: "s", image: "i", imageId: "i" },
  ...{ state: "running", exitCode: 0, oomKilled: false },
  createdAt: new Date("2030-01-01T00:00:00Z"),
};

/** Lets what was just settled be seen by those who await it. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

function probed(container: Partial<Container>, before?: { started: boolean; ready: boolean }) {
  const clock = new ManualClock();
  const answers: Partial<Record<string, boolean | "unknown">> = {};
  const failures: string[] = [];
  const prober = new Prober({
    clock,
    timer: clock,
    run: async (_probed, probe: Probe) => {
      const answer = answers[probe.exec?.command?.[0] ?? ""] ?? true;
      if (answer === "unknown") throw new Error("The engine is away");
      return { success: answer, message: "no" };
    },
    onChange: () => undefined,
    onFailure: (_probed, kind) => failures.push(kind),
  });
  prober.sync([{ runtime, container: { name: "main", ...container }, ...(before && { before }) }]);
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000);
      await settle();
    }
  };
  return { prober, answers, failures, pass, clock };
}

const probe = (name: string, changes: Partial<Probe> = {}): Probe => ({
  exec: { command: [name] },
  periodSeconds: 1,
  failureThreshold: 2,
  ...changes,
});

describe("Prober", () => {
  test("a container without probes is started and ready at once", () => {
    const { prober } = probed({});
    expect(prober.verdict("c1")).toEqual({ started: true });
    expect(prober.ready("c1")).toBe(true);
  });

  test("readiness comes after its delay and goes after enough failures", async () => {
    const { prober, answers, pass } = probed({
      readinessProbe: probe("ready", { initialDelaySeconds: 3 }),
    });
    await pass(2);
    expect(prober.ready("c1")).toBe(false);
    await pass(2);
    expect(prober.ready("c1")).toBe(true);
    answers["ready"] = false;
    await pass(1);
    expect(prober.ready("c1")).toBe(true);
    await pass(1);
    expect(prober.ready("c1")).toBe(false);
  });

  test("liveness waits for startup", async () => {
    const { prober, answers, failures, pass } = probed({
      startupProbe: probe("start", { failureThreshold: 100 }),
      livenessProbe: probe("alive"),
    });
    answers["start"] = false;
    answers["alive"] = false;
    await pass(5);
    expect(prober.verdict("c1")).toEqual({ started: false });
    expect(new Set(failures)).toEqual(new Set(["startup"]));
    answers["start"] = true;
    await pass(5);
    expect(prober.verdict("c1")).toEqual({ started: true, failed: "liveness" });
  });

  test("a probe that could not be asked counts neither way", async () => {
    const { prober, answers, failures, pass } = probed({ livenessProbe: probe("alive") });
    answers["alive"] = "unknown";
    await pass(10);
    expect(prober.verdict("c1")).toEqual({ started: true });
    expect(failures).toEqual([]);
  });

  test("an adopted container stays what it was until its probes say otherwise", async () => {
    const { prober, answers, pass } = probed(
      { startupProbe: probe("start"), readinessProbe: probe("ready") },
      { started: true, ready: true },
    );
    expect(prober.ready("c1")).toBe(true);
    answers["ready"] = false;
    await pass(3);
    expect(prober.ready("c1")).toBe(false);
  });

  test("nothing is left when the container is gone", async () => {
    const { prober, clock, pass } = probed({ livenessProbe: probe("alive") });
    await pass(2);
    prober.stop();
    await settle();
    expect(clock.alarms).toBe(0);
  });
});

describe("dialling", () => {
  const stop: (() => unknown)[] = [];
  afterEach(async () => {
    for (const one of stop.splice(0)) await one();
  });
  const { signal } = new AbortController();
  const serve = (status: number) => {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => new Response(request.headers.get("x-probe"), { status }),
    });
    stop.push(() => server.stop(true));
    return { url: server.url, port: Number(server.port) };
  };

  test("HTTP succeeds from 200 to 399 and says which status it was otherwise", async () => {
    const headers = [{ name: "X-Probe", value: "yes" }];
    const good = await dialHttp({ url: serve(200).url, headers }, signal);
    expect(good).toEqual({ success: true, message: "yes" });
    expect((await dialHttp({ url: serve(302).url, headers: [] }, signal)).success).toBe(true);
    const bad = await dialHttp({ url: serve(500).url, headers: [] }, signal);
    expect(bad).toEqual({ success: false, message: "HTTP probe failed with statuscode: 500" });
  });

  test("TCP needs a listener", async () => {
    const { port } = serve(200);
    expect((await dialTcp({ host: "127.0.0.1", port }, signal)).success).toBe(true);
    await stop.pop()?.();
    const refused = await dialTcp({ host: "127.0.0.1", port }, signal);
    expect(refused.message).toContain(`dial tcp 127.0.0.1:${port}`);
  });

  test("a port may be named, and a wrong name is a failure", async () => {
    const { port } = serve(200);
    const target = {
      runtime: { run: async () => ({ exitCode: 0, output: "" }) },
      containerId: "c",
      container: { name: "c", ports: [{ name: "web", containerPort: port }] },
      podIP: "127.0.0.1",
    };
    const get = (name: string) => runHandler({ httpGet: { port: name } }, target, signal);
    expect((await get("web")).success).toBe(true);
    expect(await get("none")).toEqual({ success: false, message: `couldn't find port: "none"` });
  });
});
