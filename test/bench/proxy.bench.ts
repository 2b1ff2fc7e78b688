// Is the mesh's proxy in user space as fast as HAProxy: requests a second, and bulk?
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { output } from "#test/kit/process.ts";
import { Connection } from "./kit/connection.ts";
import { compare, Peer } from "./kit/peer.ts";
import { median, option, report, rounded } from "./kit/report.ts";
import { serviceOf } from "./kit/service.ts";
import { endpointOf, startSite } from "./kit/site.ts";
import { usageOf } from "./kit/usage.ts";

const SECONDS = option("seconds", 1);
const ROUNDS = option("rounds", 9);
const CLIENTS = 64;
/** Where the servers behind the proxies are; not loopback, which no endpoint may be. */
const ADDRESS = "192.0.2.1";
const HTTP_PORT = 8080;
const BULK_PORT = 5201;
/** HAProxy listens on ports of its own. */
const OFFSET = 10_000;

/** One way to the servers, and the process on it. */
interface Way {
  readonly http: string;
  readonly bulk: readonly [address: string, port: number];
  readonly pid: number;
}

/** What went through, and the processor time that the process on the way took for it. */
interface Flow {
  readonly perSecond: number;
  readonly cpuMicrosecondsEach: number;
}

async function requests({ http, pid }: Way): Promise<Flow> {
  const before = usageOf(pid).cpuMs;
  const text = await output(["wrk", "-t1", `-c${CLIENTS}`, `-d${SECONDS}`, `http://${http}/`]);
  const count = Number(/(\d+) requests in/.exec(text)?.[1]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  return { perSecond, cpuMicrosecondsEach: ((usageOf(pid).cpuMs - before) * 1000) / count };
}

/** In gigabits. */
async function gigabits({ bulk: [address, port], pid }: Way): Promise<Flow> {
  const before = usageOf(pid).cpuMs;
  const where = ["--client", address, "--port", String(port)];
  const text = await output(["iperf3", ...where, "--time", String(SECONDS), "--json"]);
  const { bits_per_second: bitsPerSecond, bytes } = JSON.parse(text).end.sum_received;
  const count = (bytes * 8) / 1e9;
  const perSecond = bitsPerSecond / 1e9;
  return { perSecond, cpuMicrosecondsEach: ((usageOf(pid).cpuMs - before) * 1000) / count };
}

/** Every way in turn, several times: what else the machine does hits all of them. */
async function inTurn(
  ways: readonly Way[],
  measure: (way: Way) => Promise<Flow>,
): Promise<readonly Flow[]> {
  const found: Flow[][] = ways.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, way] of ways.entries()) found[index]?.push(await measure(way));
  }
  return found.map((flows) => ({
    perSecond: median(flows.map(({ perSecond }) => perSecond)),
    cpuMicrosecondsEach: median(flows.map(({ cpuMicrosecondsEach }) => cpuMicrosecondsEach)),
  }));
}

function haproxyConfig(): string {
  const listens = [HTTP_PORT, BULK_PORT].map(
    (port) => `listen p${port}\n  bind 127.0.0.1:${port + OFFSET}\n  server s ${ADDRESS}:${port}\n`,
  );
  return `defaults
  mode tcp
  maxconn 10000
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${listens.join("")}`;
}

/** Names of the ways, each with its flow, as one flat finding. */
function findings(unit: string, [direct, mesh, haproxy]: readonly Flow[]): object {
  if (!direct || !mesh || !haproxy) throw new Error("A way is missing");
  return {
    [`direct${unit}sPerSecond`]: rounded(direct.perSecond),
    [`mesh${unit}sPerSecond`]: rounded(mesh.perSecond),
    [`haproxy${unit}sPerSecond`]: rounded(haproxy.perSecond),
    [`${unit.toLowerCase()}sRatio`]: rounded(mesh.perSecond / haproxy.perSecond, 2),
    [`meshCpuMicrosecondsPer${unit}`]: rounded(mesh.cpuMicrosecondsEach),
    [`haproxyCpuMicrosecondsPer${unit}`]: rounded(haproxy.cpuMicrosecondsEach),
  };
}

const AIM = "user space >= 1.0 x HAProxy";

async function main(): Promise<void> {
  await output(["ip", "address", "add", `${ADDRESS}/32`, "dev", "lo"]);
  const ok = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  using _http = Bun.listen({
    hostname: ADDRESS,
    port: HTTP_PORT,
    socket: { data: (socket) => void socket.write(ok) },
  });
  await using _bulk = new Peer(["iperf3", "--server", "--bind", ADDRESS]);
  const directory = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
  try {
    const config = join(directory, "haproxy.cfg");
    writeFileSync(config, haproxyConfig());
    await using haproxy = new Peer(["haproxy", "-f", config]);
    await using started = await startSite();
    using api = await Connection.open(endpointOf(started.site), { keepBody: true });
    const http = await serviceOf(api, { name: "http", address: ADDRESS, port: HTTP_PORT });
    const bulk = await serviceOf(api, { name: "bulk", address: ADDRESS, port: BULK_PORT });
    const { pid } = started.site;
    const ways: readonly Way[] = [
      { http: `${ADDRESS}:${HTTP_PORT}`, bulk: [ADDRESS, BULK_PORT], pid: process.pid },
      { http: `${http}:${HTTP_PORT}`, bulk: [bulk, BULK_PORT], pid },
      {
        http: `127.0.0.1:${HTTP_PORT + OFFSET}`,
        bulk: ["127.0.0.1", BULK_PORT + OFFSET],
        pid: haproxy.pid,
      },
    ];
    for (const way of ways) {
      await eventually(
        async () => (await output(["curl", "-s", "-m", "1", `http://${way.http}/`])) === "ok",
        { what: `An answer by ${way.http}` },
      );
    }
    report("proxy", {
      clients: CLIENTS,
      ...findings("Request", await inTurn(ways, requests)),
      ...findings("Gigabit", await inTurn(ways, gigabits)),
      aim: AIM,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

await compare({ bench: "proxy", tools: ["haproxy", "wrk", "iperf3"], aim: AIM, run: main });
