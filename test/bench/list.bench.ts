// How long does a LIST of 10,000 pods of 2 KB take over TLS, and what do they cost in memory?
import { Connection, type Request } from "./kit/connection.ts";
import { drive } from "./kit/lanes.ts";
import { parkedPod } from "./kit/objects.ts";
import { median, option, report, rounded } from "./kit/report.ts";
import { connect, endpointOf, startSite } from "./kit/site.ts";
import { usageOf } from "./kit/usage.ts";

const PODS = option("pods", 10_000);
const ROUNDS = 15;
const CLIENTS = 32;
const PATH = "/api/v1/namespaces/default/pods";
const MIB = 1024 * 1024;
const SETTLE_MS = 3000;

await using started = await startSite();
const { site } = started;
await Bun.sleep(SETTLE_MS);
const before = usageOf(site.pid);
const clients = await connect(site, CLIENTS);
await drive(clients, {
  count: PODS,
  request: (index) => ({ method: "POST", path: PATH, body: parkedPod(`pod-${index}`) }),
});
for (const client of clients) client[Symbol.dispose]();
await Bun.sleep(SETTLE_MS);
const filled = usageOf(site.pid);

using connection = await Connection.open(endpointOf(site));

/** What kubectl asks for. */
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

interface Lists {
  readonly bodyBytes: number;
  readonly firstByteMs: readonly number[];
  readonly lastByteMs: readonly number[];
}

async function lists(request: Omit<Request, "path">): Promise<Lists> {
  const firstByteMs: number[] = [];
  const lastByteMs: number[] = [];
  let bodyBytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startMs = performance.now();
    let firstMs = 0;
    const answer = await connection.send({ ...request, path: "/api/v1/pods" }, () => {
      firstMs ||= performance.now() - startMs;
    });
    if (answer.status !== 200) throw new Error(`The LIST was answered with ${answer.status}`);
    bodyBytes = answer.bodyBytes;
    firstByteMs.push(firstMs);
    lastByteMs.push(performance.now() - startMs);
  }
  return { bodyBytes, firstByteMs, lastByteMs };
}

const plain = await lists({});
const listed = usageOf(site.pid);
const zipped = await lists({ gzip: true });
const table = await lists({ gzip: true, accept: TABLE });
report("list", {
  pods: PODS,
  bodyMiB: rounded(plain.bodyBytes / MIB),
  medianMs: rounded(median(plain.lastByteMs)),
  bestMs: rounded(Math.min(...plain.lastByteMs)),
  firstListMs: rounded(plain.lastByteMs[0] ?? 0),
  medianFirstByteMs: rounded(median(plain.firstByteMs)),
  gzipBodyMiB: rounded(zipped.bodyBytes / MIB),
  gzipMedianMs: rounded(median(zipped.lastByteMs)),
  kubectlTableMedianMs: rounded(median(table.lastByteMs)),
  rssBeforeMiB: rounded(before.rssMiB),
  rssWithPodsMiB: rounded(filled.rssMiB),
  rssAfterListsMiB: rounded(listed.rssMiB),
  aim: "<= 60 ms over TLS",
});
