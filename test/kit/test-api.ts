import type { NodeStreams } from "#api/node-streams.ts";
import type { UserInfo, Verbs } from "#api/verbs.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import type { ApiOptions, HealthCheck } from "#serve/api-options.ts";
import type { Limits } from "#serve/request-limits.ts";
import { createApiServer } from "#site/apiserver/apiserver.ts";
import type { ApiServer, ApiServerOptions } from "#site/apiserver/options.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryStore } from "./memory-store.ts";
import { TEST_TOKENS } from "./test-tokens.ts";

export const ADMIN_TOKEN = "a-token-for-tests";

export interface TestApiOptions {
  readonly nodeStreams?: Partial<NodeStreams>;
  readonly openStream?: ApiOptions["openStream"];
  readonly checks?: readonly HealthCheck[];
  readonly components?: ApiServerOptions["components"];
  readonly log?: Logger;
  readonly store?: MemoryStore;
  readonly limits?: Limits;
  readonly audit?: ApiServerOptions["audit"];
  readonly frontProxy?: ApiServerOptions["frontProxy"];
  readonly clientCa?: string;
}

export interface Sent {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An API server over a memory store, bootstrapped, spoken to through its `fetch`. */
export interface TestApi extends Disposable {
  readonly server: ApiServer;
  readonly store: MemoryStore;
  readonly clock: ManualClock;
  readonly verbs: Verbs;
  /** Sends as the admin; a body that is no string or bytes goes as JSON. */
  send(method: string, path: string, sent?: Sent): Promise<Response>;
}

const absent = (): never => {
  throw new Error("This test gave no node streams");
};

const ADMIN: UserInfo = { name: "test", groups: ["system:masters"] };

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const { store = new MemoryStore(), log = silentLogger, checks = [] } = options;
  const clock = new ManualClock();
  const stop = new AbortController();
  const server = createApiServer({
    tokens: TEST_TOKENS,
    store,
    clock,
    timer: clock,
    log,
    checks,
    ...(options.limits && { limits: options.limits }),
    ...(options.components && { components: options.components }),
    ...(options.audit && { audit: options.audit }),
    ...(options.frontProxy && { frontProxy: options.frontProxy }),
    ...(options.clientCa && { clientCa: options.clientCa }),
    signal: stop.signal,
    adminToken: ADMIN_TOKEN,
    serviceCidr: "10.43.0.0/16",
    advertise: { address: "10.42.0.1", port: 6443 },
    nodeStreams: {
      logs: absent,
      exec: absent,
      portForward: absent,
      ask: absent,
      ...options.nodeStreams,
    },
    openStream: options.openStream ?? (async () => new Response("stream")),
    version: {
      major: "1",
      minor: "36",
      gitVersion: "v1.36.0+edgesite.0",
      gitCommit: "",
      gitTreeState: "clean",
      buildDate: "1970-01-01T00:00:00Z",
      goVersion: "",
      compiler: "bun",
      platform: "linux/amd64",
    },
  });
  await server.bootstrap();
  return {
    server,
    store,
    clock,
    verbs: server.verbs(ADMIN),
    send: (method, path, sent = {}) => server.fetch(requestOf(method, path, sent)),
    [Symbol.dispose]: () => stop.abort(),
  };
}

function requestOf(method: string, path: string, sent: Sent): Request {
  const { body, type, accept, headers, signal } = sent;
  const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  return new Request(`http://edgesite${path}`, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      "user-agent": "test/1.0",
      ...(accept !== undefined && { accept }),
      ...(body !== undefined && { "content-type": type ?? "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? Buffer.from(body) : JSON.stringify(body) }),
    ...(signal && { signal }),
  });
}
