// Is the mesh's proxy in user space as fast as HAProxy: requests, new connections, bulk?
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { output } from "#test/kit/process.ts";
import { Connection } from "./kit/connection.ts";
import { Peer, requireTools } from "./kit/peer.ts";
import { median, option, report, rounded } from "./kit/report.ts";
import { serviceOf } from "./kit/service.ts";
import { endpointOf, startSite } from "./kit/site.ts";

const AIM = "user space >= 1.0 x HAProxy";
requireTools("proxy", { tools: ["haproxy", "wrk", "iperf3"], aim: AIM });

const SECONDS = option("seconds", 3);
const ROUNDS = option("rounds", 3);
const CLIENTS = 64;
/** Where the servers behind the proxies are; not loopback, which no endpoint may be. */
const ADDRESS = "192.0.2.1";
const HTTP_PORT = 8080;
const BULK_PORT = 5201;
/** HAProxy listens on ports of its own. */
const OFFSET = 10_000;

await output(["ip", "address", "add", `${ADDRESS}/32`, "dev", "lo"]);
const ANSWER = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
using _http = Bun.listen({
  hostname: ADDRESS,
  port: HTTP_PORT,
  socket: { data: (socket) => void socket.write(ANSWER) },
});
await using _bulk = new Peer(["iperf3", "--server", "--bind", ADDRESS]);
const directory = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
const config = join(directory, "haproxy.cfg");
writeFileSync(
  config,
  `defaults
  mode tcp
  maxconn 10000
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${[HTTP_PORT, BULK_PORT]
  .map(
    (port) => `listen p${port}\n  bind 127.0.0.1:${port + OFFSET}\n  server s ${ADDRESS}:${port}\n`,
  )
  .join("")}`,
);
await using _haproxy = new Peer(["haproxy", "-f", config]);
await using started = await startSite();
using api = await Connection.open(endpointOf(started.site), { keepBody: true });
const http = await serviceOf(api, { name: "http", address: ADDRESS, port: HTTP_PORT });
const bulk = await serviceOf(api, { name: "bulk", address: ADDRESS, port: BULK_PORT });

interface Way {
  readonly http: string;
  readonly bulk: readonly [address: string, port: number];
}
const WAYS = {
  direct: { http: `${ADDRESS}:${HTTP_PORT}`, bulk: [ADDRESS, BULK_PORT] },
  mesh: { http: `${http}:${HTTP_PORT}`, bulk: [bulk, BULK_PORT] },
  haproxy: { http: `127.0.0.1:${HTTP_PORT + OFFSET}`, bulk: ["127.0.0.1", BULK_PORT + OFFSET] },
} as const satisfies Record<string, Way>;
type WayName = keyof typeof WAYS;
const NAMES = ["direct", "mesh", "haproxy"] as const;

async function requestsPerSecond(way: Way, headers: readonly string[] = []): Promise<number> {
  const clients = ["-t1", `-c${CLIENTS}`, `-d${SECONDS}`];
  const fields = headers.flatMap((header) => ["-H", header]);
  const text = await output(["wrk", ...clients, ...fields, `http://${way.http}/`]);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
}

async function gigabitsPerSecond({ bulk: [address, port] }: Way): Promise<number> {
  const where = ["--client", address, "--port", String(port)];
  const text = await output(["iperf3", ...where, "--time", String(SECONDS), "--json"]);
  return JSON.parse(text).end.sum_received.bits_per_second / 1e9;
}

/** Every way in turn, several times: what else the machine does hits all of them. */
async function compare(measure: (way: Way) => Promise<number>): Promise<Record<WayName, number>> {
  const found: Record<WayName, number[]> = { direct: [], mesh: [], haproxy: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of NAMES) found[name].push(await measure(WAYS[name]));
  }
  return {
    direct: median(found.direct),
    mesh: median(found.mesh),
    haproxy: median(found.haproxy),
  };
}

try {
  for (const name of NAMES) {
    await eventually(
      async () => (await output(["curl", "-s", "-m", "1", `http://${WAYS[name].http}/`])) === "ok",
      { what: `An answer by ${name}` },
    );
  }
  const requests = await compare((way) => requestsPerSecond(way));
  const gigabits = await compare(gigabitsPerSecond);
  report("proxy", {
    clients: CLIENTS,
    directRequestsPerSecond: rounded(requests.direct, 0),
    meshRequestsPerSecond: rounded(requests.mesh, 0),
    haproxyRequestsPerSecond: rounded(requests.haproxy, 0),
    requestsRatio: rounded(requests.mesh / requests.haproxy, 2),
    directGigabitsPerSecond: rounded(gigabits.direct),
    meshGigabitsPerSecond: rounded(gigabits.mesh),
    haproxyGigabitsPerSecond: rounded(gigabits.haproxy),
    bulkRatio: rounded(gigabits.mesh / gigabits.haproxy, 2),
    aim: AIM,
  });
} finally {
  rmSync(directory, { recursive: true });
}
