// How long does everybody else wait while a LIST of 10,000 pods runs every second? The probe is a
// GET of one pod on a connection of its own, one after another, beside each form of the LIST.
import { Connection, type Request } from "./kit/connection.ts";
import { drive } from "./kit/lanes.ts";
import { parkedPod } from "./kit/objects.ts";
import { option, percentile, report, rounded } from "./kit/report.ts";
import { connect, endpointOf, startSite } from "./kit/site.ts";

const PODS = option("pods", 10_000);
const LISTS = 10;
const CLIENTS = 32;
const PATH = "/api/v1/namespaces/default/pods";
const LIST_EVERY_MS = 1000;

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const FORMS: Readonly<Record<string, Omit<Request, "path">>> = {
  json: {},
  gzip: { gzip: true },
  table: { gzip: true, accept: TABLE },
};

await using started = await startSite();
const { site } = started;
const clients = await connect(site, CLIENTS);
await drive(clients, {
  count: PODS,
  request: (index) => ({ method: "POST", path: PATH, body: parkedPod(`pod-${index}`) }),
});
for (const client of clients) client[Symbol.dispose]();

using lister = await Connection.open(endpointOf(site));
using probe = await Connection.open(endpointOf(site));

async function list(form: Omit<Request, "path">): Promise<void> {
  for (let round = 0; round < LISTS; round += 1) {
    const next = Bun.sleep(LIST_EVERY_MS);
    const { status } = await lister.send({ ...form, path: "/api/v1/pods" });
    if (status !== 200) throw new Error(`The LIST was answered with ${status}`);
    await next;
  }
}

/**
 * Waits of the probe while `work` goes on. A probe that waited long stands for those that would have
 * been sent meanwhile, one a millisecond, and have waited less and less.
 */
async function waitsDuring(work: Promise<void>): Promise<readonly number[]> {
  let going = true;
  const done = work.finally(() => {
    going = false;
  });
  const waits: number[] = [];
  while (going) {
    const startMs = performance.now();
    await probe.send({ path: `${PATH}/pod-1` });
    for (let wait = performance.now() - startMs; wait > 0; wait -= 1) waits.push(wait);
    await Bun.sleep(1);
  }
  await done;
  return waits;
}

const figures: Record<string, number> = {};
for (const [name, form] of Object.entries(FORMS)) {
  const waits = await waitsDuring(list(form));
  figures[`${name}P99Ms`] = rounded(percentile(waits, 99));
  figures[`${name}MaxMs`] = rounded(Math.max(...waits));
}
report("lag", { pods: PODS, ...figures, aim: "p99 <= 20 ms" });
