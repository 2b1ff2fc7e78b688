import { expect, test } from "bun:test";
import { silentLogger } from "#lib/log.ts";
import type { HealthCheck } from "./api-options.ts";
import { Health } from "./health.ts";
import type { HealthPath } from "./health-paths.ts";

const passing: HealthCheck = { name: "database", live: true, failure: () => undefined };
const failing: HealthCheck = { name: "sync", live: false, failure: () => "it is late" };
const noted: HealthCheck = {
  name: "rows",
  live: false,
  failure: () => undefined,
  note: () => "1 is set aside",
};

const cases: readonly (readonly [
  path: HealthPath,
  query: string,
  checks: readonly HealthCheck[],
  status: number,
  body: string,
])[] = [
  ["livez", "", [passing], 200, "ok"],
  ["livez", "verbose", [passing], 200, "[+]ping ok\n[+]database ok\nlivez check passed\n"],
  ["livez", "verbose=false", [], 200, "[+]ping ok\nlivez check passed\n"],
  // What a restart does not mend is no part of livez.
  ["livez", "verbose", [failing], 200, "[+]ping ok\nlivez check passed\n"],
  [
    "readyz",
    "",
    [passing, failing],
    500,
    "[+]ping ok\n[+]database ok\n[-]sync failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n",
  ],
  ["readyz", "exclude=sync", [failing], 200, "ok"],
  [
    "healthz",
    "verbose&exclude=sync&exclude=b&exclude=a",
    [failing, noted],
    200,
    '[+]ping ok\n[+]sync excluded: ok\n[+]rows ok: 1 is set aside\nwarn: some health checks cannot be excluded: no matches for "a","b"\nhealthz check passed\n',
  ],
];

test.each(cases)("/%s?%s", async (...[path, query, checks, status, body]) => {
  const answer = new Health(checks, silentLogger).all({
    path,
    query: new URLSearchParams(query),
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await answer.text()).toBe(body);
});

test("one check alone tells why it fails", async () => {
  const health = new Health([passing, failing], silentLogger);
  expect(await health.one({ path: "readyz" }, "database")?.text()).toBe("ok");
  const answer = health.one({ path: "readyz" }, "sync");
  expect(answer?.status).toBe(500);
  expect(await answer?.text()).toBe("internal server error: it is late\n");
  expect(health.one({ path: "livez" }, "sync")).toBeUndefined();
  expect(health.one({ path: "readyz" }, "nothing")).toBeUndefined();
});

test("a server that stops is not ready, and alive", async () => {
  const health = new Health([], silentLogger);
  const query = new URLSearchParams();
  const stopping = AbortSignal.abort();
  const ready = health.all({ path: "readyz", query, stopping });
  expect(await ready.text()).toBe(
    "[+]ping ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n",
  );
  expect(health.all({ path: "livez", query, stopping }).status).toBe(200);
  expect(health.all({ path: "healthz", query, stopping }).status).toBe(200);
});

test("a failure is told to the log when it comes and when it goes", () => {
  const lines: string[] = [];
  const log = {
    ...silentLogger,
    info: (text: string) => void lines.push(text),
    warn: (text: string) => void lines.push(text),
  };
  let reason: string | undefined;
  const health = new Health([{ name: "x", live: true, failure: () => reason }], log);
  const ask = () => health.all({ path: "livez", query: new URLSearchParams() });
  ask();
  reason = "it is gone";
  ask();
  ask();
  reason = undefined;
  ask();
  expect(lines).toEqual(["Health checks fail", "Healthy again"]);
});

test("what checks found can be counted", () => {
  const health = new Health([passing, failing], silentLogger);
  const query = new URLSearchParams();
  health.all({ path: "livez", query });
  health.all({ path: "readyz", query });
  health.all({ path: "readyz", query });
  const text = health.slis.text();
  expect(text).toContain('kubernetes_healthcheck{name="database",type="livez"} 1\n');
  expect(text).toContain('kubernetes_healthcheck{name="sync",type="readyz"} 0\n');
  expect(text).toContain(
    'kubernetes_healthchecks_total{name="sync",status="error",type="readyz"} 2\n',
  );
});
