import { expect, test } from "bun:test";
import { RESOURCES } from "#api/resources.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import { Fuzzer, type FuzzRequest } from "#test/kit/fuzz.ts";
import { rounds } from "#test/kit/soak.ts";
import { ADMIN_TOKEN, startTestApi, type TestApi } from "#test/kit/test-api.ts";

const REQUESTS = rounds({ gate: 4000, soak: 1_000_000 });
/** The gate says the same of the same tree; the soak looks further each time. */
const SEED = Number(
  process.env["EDGESITE_FUZZ_SEED"] ?? rounds({ gate: 1, soak: Date.now() % 2 ** 31 }),
);
const MAX_GROWTH_BYTES = 128 * 1024 * 1024;
/** The clock moves on this often, so that what waits for it ends. */
const REQUESTS_PER_TICK = 50;
const TICK_MS = 5000;

/** What is proxied goes to the addresses that chance has put into a status: to no machine of ours. */
const FUZZED = RESOURCES.map((resource) => ({
  ...resource,
  subresources: resource.subresources.filter(({ name }) => name !== "proxy"),
}));

/** What a request led to that it must not: our error, or an answer that is none. */
async function complaintAbout(api: TestApi, sent: FuzzRequest): Promise<string | undefined> {
  const leaving = new AbortController();
  const request = new Request(`http://edgesite${sent.path}`, {
    method: sent.method,
    headers: { ...sent.headers, authorization: `Bearer ${ADMIN_TOKEN}` },
    ...(sent.body && { body: sent.body }),
    signal: leaving.signal,
  });
  const answering = api.server.fetch(request);
  const response = await ticking(api, answering);
  const { status } = response;
  if (sent.path.includes("watch")) {
    leaving.abort();
    await response.body?.cancel();
  } else {
    const text = await response.text();
    if (status === 500 && !isKubernetes(sent, text)) return `${status} ${text}`;
    const json = response.headers.get("content-type")?.startsWith("application/json") === true;
    if (json && text !== "") JSON.parse(text);
  }
  return status > 504 || status < 200 ? String(status) : undefined;
}

const STRATEGIC = "application/strategic-merge-patch+json";
/** What is said of an error that nobody foresaw. */
const UNFORESEEN = "the request failed unexpectedly";
const KNOWN = [
  "resourceVersion should not be set on objects to be created",
  "failed to create typed patch object",
  "failed to create typed live object",
  "unable to convert unstructured object to",
  "Component not found:",
  "resourceVersion: Invalid value:",
  "strconv.ParseUint: parsing",
  // A Binding that names no node.
  "target.kind: Unsupported value",
  "target.name: Required value",
];

/** Kubernetes itself answers 500 here, and to a strategic merge patch that contradicts itself. */
function isKubernetes({ headers }: FuzzRequest, text: string): boolean {
  if (headers["content-type"] === STRATEGIC) return !text.includes(UNFORESEEN);
  return KNOWN.some((known) => text.includes(known));
}

/** The answer; until it is there the clock moves on. Lets the event loop turn at least once. */
async function ticking(api: TestApi, answering: Promise<Response>): Promise<Response> {
  let answered = false;
  const note = (): void => {
    answered = true;
  };
  void answering.then(note, note);
  for (let turns = 0; !answered; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turns % REQUESTS_PER_TICK === REQUESTS_PER_TICK - 1) api.clock.advance(TICK_MS);
  }
  return await answering;
}

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

test(
  `${REQUESTS} requests by chance: no error of ours, no crash, nothing left open`,
  async () => {
    const lines: string[] = [];
    const write = (message: string, fields?: unknown): void =>
      void lines.push(`${message} ${Bun.inspect(fields)}`);
    const log: Logger = { ...silentLogger, warn: write, error: write };
    using api = await startTestApi({ log });
    const fuzzer = new Fuzzer({ seed: SEED, resources: FUZZED });
    const open = api.store.subscriptionsOf();
    const complaints: string[] = [];
    let settledBytes = 0;
    for (let index = 0; index < REQUESTS && complaints.length < 10; index++) {
      const sent = fuzzer.next();
      const complaint = await complaintAbout(api, sent).catch(String);
      if (complaint !== undefined || lines.length > 0) {
        const body = sent.body ? Buffer.from(sent.body).toString("utf8") : "";
        const said = [complaint ?? "", ...lines.splice(0)].join(" | ");
        const { method, path, headers } = sent;
        const type = headers["content-type"];
        complaints.push(`seed ${SEED} #${index}: ${method} ${path} ${type} ${body} -> ${said}`);
      }
      if (index === Math.floor(REQUESTS / 4)) settledBytes = heapBytes();
    }
    expect(complaints).toEqual([]);
    expect(heapBytes() - settledBytes).toBeLessThan(MAX_GROWTH_BYTES);
    // A quota follows each kind that it has counted, once.
    const left = [...api.store.subscriptionsOf()].filter(
      ([collection, count]) => count > (open.get(collection) ?? 0) + 1,
    );
    expect(left).toEqual([]);
    expect((await api.send("GET", "/api/v1/namespaces/default/pods")).status).toBe(200);
  },
  rounds({ gate: 120_000, soak: 3_600_000 }),
);
