// How long until the API answers and until the node is Ready: on a new data directory and on a used one?
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { BINARY } from "#test/kit/site-process.ts";
import { Connection, type Endpoint } from "./kit/connection.ts";
import { median, option, report, rounded } from "./kit/report.ts";
import { endpointIn } from "./kit/site.ts";

const ROUNDS = option("rounds", 5);
const PAUSE_MS = 2;
const LIMIT_MS = 30_000;
/** Two heartbeats this far apart can be told from one another. */
const HEARTBEAT_STEP_MS = 1000;

interface Start {
  readonly apiMs: number;
  readonly nodeReadyMs: number;
  /** The heartbeat that said Ready. */
  readonly heartbeat: string;
}

/** Starts the binary, watches it come up, stops it. What `before` said of the node does not count. */
async function start(dataDir: string, before?: Start): Promise<Start> {
  const startMs = performance.now();
  const child = Bun.spawn([BINARY, "start", "--data-dir", dataDir], {
    stdio: ["ignore", "ignore", "ignore"],
    env: { ...process.env, DOCKER_HOST: engine.address },
  });
  try {
    await until(() => existsSync(join(dataDir, "kubeconfig.yaml")), startMs);
    using connection = await opened(endpointIn(dataDir), startMs);
    await until(async () => (await connection.send({ path: "/readyz" })).status === 200, startMs);
    const apiMs = performance.now() - startMs;
    let heartbeat: string | undefined;
    await until(async () => {
      heartbeat = await readyHeartbeat(connection);
      return heartbeat !== undefined && heartbeat !== before?.heartbeat;
    }, startMs);
    return { apiMs, nodeReadyMs: performance.now() - startMs, heartbeat: heartbeat ?? "" };
  } finally {
    child.kill();
    await child.exited;
  }
}

async function opened(endpoint: Endpoint, startMs: number): Promise<Connection> {
  let connection: Connection | undefined;
  await until(async () => {
    connection = await Connection.open(endpoint, { keepBody: true }).catch(() => undefined);
    return connection !== undefined;
  }, startMs);
  if (!connection) throw new Error("There is no connection");
  return connection;
}

/** When the node last said that it is Ready; in seconds, as the API's times are. */
async function readyHeartbeat(connection: Connection): Promise<string | undefined> {
  const { body } = await connection.send({ path: "/api/v1/nodes" });
  const conditions: { type: string; status: string; lastHeartbeatTime: string }[] =
    JSON.parse(body.toString()).items[0]?.status?.conditions ?? [];
  return conditions.find(({ type, status }) => type === "Ready" && status === "True")
    ?.lastHeartbeatTime;
}

async function until(check: () => boolean | Promise<boolean>, startMs: number): Promise<void> {
  while (!(await check())) {
    if (performance.now() - startMs > LIMIT_MS) throw new Error("The site does not come up");
    await Bun.sleep(PAUSE_MS);
  }
}

await using engine = await DockerEngine.start();
const fresh: Start[] = [];
const again: Start[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const dataDir = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
  try {
    const first = await start(dataDir);
    await Bun.sleep(HEARTBEAT_STEP_MS);
    fresh.push(first);
    again.push(await start(dataDir, first));
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}
report("start", {
  rounds: ROUNDS,
  freshApiMs: rounded(median(fresh.map(({ apiMs }) => apiMs)), 0),
  freshNodeReadyMs: rounded(median(fresh.map(({ nodeReadyMs }) => nodeReadyMs)), 0),
  restartApiMs: rounded(median(again.map(({ apiMs }) => apiMs)), 0),
  restartNodeReadyMs: rounded(median(again.map(({ nodeReadyMs }) => nodeReadyMs)), 0),
  aim: "<= 1 s to the API and to a Ready node",
});
