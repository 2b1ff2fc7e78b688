// Does the mesh's DNS answer as many queries a second as dnsmasq?
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { output, run } from "#test/kit/process.ts";
import { Connection } from "./kit/connection.ts";
import { compare, Peer } from "./kit/peer.ts";
import { median, option, report, rounded } from "./kit/report.ts";
import { serviceOf } from "./kit/service.ts";
import { endpointOf, startSite } from "./kit/site.ts";
import { usageOf } from "./kit/usage.ts";

const AIM = ">= 1.0 x dnsmasq";

const SECONDS = option("seconds", 1);
const ROUNDS = option("rounds", 9);
const SERVICES = 50;
const DNS = "169.254.96.16";
const PEER_PORT = 5353;

async function main(): Promise<void> {
  await using started = await startSite();
  using api = await Connection.open(endpointOf(started.site), { keepBody: true });
  const directory = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
  const records: string[] = [];
  const names: string[] = [];
  for (let index = 0; index < SERVICES; index += 1) {
    const service = { name: `service-${index}`, address: "192.0.2.1", port: 80 };
    const name = `${service.name}.default.svc.cluster.local`;
    records.push(`--host-record=${name},${await serviceOf(api, service)}`);
    names.push(name);
  }
  const queries = join(directory, "queries");
  writeFileSync(queries, names.map((name) => `${name} A\n`).join(""));
  const LISTEN = ["--port", String(PEER_PORT), "--listen-address=127.0.0.1", "--bind-interfaces"];
  const ALONE = ["--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root"];
  await using dnsmasqProcess = new Peer([
    "dnsmasq",
    "--keep-in-foreground",
    ...LISTEN,
    ...ALONE,
    ...records,
  ]);

  interface Server {
    readonly address: string;
    readonly port: number;
    readonly pid: number;
  }
  /** Processor time is what a machine that does other things at the same time does not distort. */
  interface Speed {
    readonly perSecond: number;
    readonly cpuMicroseconds: number;
  }
  const SERVERS = {
    mesh: { address: DNS, port: 53, pid: started.site.pid },
    dnsmasq: { address: "127.0.0.1", port: PEER_PORT, pid: dnsmasqProcess.pid },
  };

  async function speedOf({ address, port, pid }: Server): Promise<Speed> {
    const before = usageOf(pid);
    const server = ["-s", address, "-p", String(port)];
    const text = await output(["dnsperf", ...server, "-d", queries, "-l", String(SECONDS)]);
    if (/Queries lost:\s+[1-9]/.test(text)) throw new Error(`Queries were lost: ${text}`);
    if (!/NOERROR \d+ \(100\.00%\)/.test(text)) throw new Error(`Not all were answered: ${text}`);
    const completed = Number(/Queries completed:\s+(\d+)/.exec(text)?.[1]);
    return {
      perSecond: Number(/Queries per second:\s+([\d.]+)/.exec(text)?.[1]),
      cpuMicroseconds: ((usageOf(pid).cpuMs - before.cpuMs) * 1000) / completed,
    };
  }

  try {
    for (const { address, port } of Object.values(SERVERS)) {
      await eventually(
        async () => {
          const [last = ""] = names.slice(-1);
          writeFileSync(join(directory, "one"), `${last} A\n`);
          const one = ["-d", join(directory, "one"), "-n", "1"];
          const { stdout } = await run(["dnsperf", "-s", address, "-p", String(port), ...one]);
          return /NOERROR 1 /.test(stdout);
        },
        { what: `DNS on ${address}` },
      );
    }
    const mesh: Speed[] = [];
    const dnsmasq: Speed[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      mesh.push(await speedOf(SERVERS.mesh));
      dnsmasq.push(await speedOf(SERVERS.dnsmasq));
    }
    const perSecond = (speeds: readonly Speed[]) => median(speeds.map((speed) => speed.perSecond));
    const cpu = (speeds: readonly Speed[]) => median(speeds.map((speed) => speed.cpuMicroseconds));
    report("dns", {
      meshQueriesPerSecond: rounded(perSecond(mesh), 0),
      dnsmasqQueriesPerSecond: rounded(perSecond(dnsmasq), 0),
      ratio: rounded(perSecond(mesh) / perSecond(dnsmasq), 2),
      meshCpuMicrosecondsPerQuery: rounded(cpu(mesh), 2),
      dnsmasqCpuMicrosecondsPerQuery: rounded(cpu(dnsmasq), 2),
      aim: AIM,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

await compare({ bench: "dns", tools: ["dnsmasq", "dnsperf"], aim: AIM, run: main });
