// How many durable creates a second does the API take from 64 clients over TLS, and in process?

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONFIG_MAPS, NAMESPACES } from "#api/resources.ts";
import { Database } from "#db/database.ts";
import { systemClock } from "#lib/clock.ts";
import { systemTimer } from "#lib/timer.ts";
import { componentUser } from "#site/apiserver/options.ts";
import { createRegistry } from "#site/apiserver/registry.ts";
import { TEST_TOKENS } from "#test/kit/test-tokens.ts";
import { drive } from "./kit/lanes.ts";
import { configMap } from "./kit/objects.ts";
import { median, note, option, report, rounded, timed } from "./kit/report.ts";
import { connect, startSite } from "./kit/site.ts";

const CLIENTS = 64;
const COUNT = option("count", 10_000);
const WARM_UP = 2000;
const ROUNDS = option("rounds", 3);
const PATH = "/api/v1/namespaces/default/configmaps";

async function overTls(): Promise<readonly number[]> {
  await using started = await startSite();
  const connections = await connect(started.site, CLIENTS);
  const create = (prefix: string) => (index: number) =>
    ({ method: "POST", path: PATH, body: configMap(`${prefix}-${index}`) }) as const;
  await drive(connections, { count: WARM_UP, request: create("warm") });
  const perSecond: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const request = create(`round-${round}`);
    const elapsedMs = await timed(() => drive(connections, { count: COUNT, request }));
    perSecond.push(COUNT / (elapsedMs / 1000));
  }
  for (const connection of connections) connection[Symbol.dispose]();
  return perSecond;
}

/** Registry and store as they ship, without HTTP. */
async function inProcess(): Promise<readonly number[]> {
  const directory = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
  const stop = new AbortController();
  try {
    await using db = await Database.open({
      path: join(directory, "edgesite.db"),
      key: new Uint8Array(32),
    });
    const registry = createRegistry({
      tokens: TEST_TOKENS,
      store: db.objects,
      clock: systemClock,
      timer: systemTimer,
      serviceCidr: "10.43.0.0/16",
      signal: stop.signal,
    });
    const verbs = registry.as(componentUser("bench"));
    const target = { resource: CONFIG_MAPS, namespace: "default" };
    await verbs.create({ resource: NAMESPACES, namespace: "" }, { metadata: { name: "default" } });
    const create = async (count: number, prefix: string): Promise<void> => {
      let next = 0;
      const lane = async (): Promise<void> => {
        while (next < count) {
          next += 1;
          await verbs.create(target, JSON.parse(configMap(`${prefix}-${next}`)));
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, lane));
    };
    await create(WARM_UP, "warm");
    const perSecond: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const elapsedMs = await timed(() => create(COUNT, `round-${round}`));
      perSecond.push(COUNT / (elapsedMs / 1000));
    }
    return perSecond;
  } finally {
    stop.abort();
    rmSync(directory, { recursive: true });
  }
}

const perSecondOverTls = await overTls();
note(`${rounded(median(perSecondOverTls), 0)} creates/s over TLS`);
const perSecondInProcess = await inProcess();
report("creates", {
  clients: CLIENTS,
  overTlsPerSecond: rounded(median(perSecondOverTls), 0),
  bestOverTlsPerSecond: rounded(Math.max(...perSecondOverTls), 0),
  inProcessPerSecond: rounded(median(perSecondInProcess), 0),
  bestInProcessPerSecond: rounded(Math.max(...perSecondInProcess), 0),
  aim: "64 clients: >= 5,000/s over TLS, >= 15,000/s in process",
});
