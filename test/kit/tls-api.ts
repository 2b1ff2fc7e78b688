import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { NodeStreams } from "#api/node-streams.ts";
import { serviceUnavailable } from "#api/status.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";
import {
  createAuthority,
  generateKey,
  issueLeaf,
  type LeafOptions,
  type Name,
  NO_EXPIRY,
} from "#lib/x509/certificate.ts";
import { upgrades, webSocketStreams } from "#serve/streams/streams.ts";
import { createApiServer } from "#site/apiserver/apiserver.ts";
import { createFront } from "#site/apiserver/front/front.ts";
import { MemoryStore } from "./memory-store.ts";
import { TEST_TOKENS } from "./test-tokens.ts";

/** The API server over a memory store on a TLS port of loopback, as it ships. */
export interface TlsApi extends AsyncDisposable {
  readonly store: MemoryStore;
  /** PEM of the authority that issued the server's certificate. */
  readonly authority: string;
  /** Where it is. */
  readonly url: string;
  /** The administrator's token. */
  readonly token: string;
  /** A client's certificate and key, PEM. */
  issue(subject: Name): { readonly cert: string; readonly key: string };
  /** An administrator's kubeconfig, or one with something else in it. */
  kubeconfig(other?: { readonly authority?: string; readonly token?: string }): string;
}

const TOKEN = "test-token";

export async function startTlsApi(
  options: { readonly nodeStreams?: Partial<NodeStreams> } = {},
): Promise<TlsApi> {
  const stop = new AbortController();
  const { signal } = stop;
  const directory = await mkdtemp(join(tmpdir(), "edgesite-tls-api-"));
  const store = new MemoryStore();
  const unavailable = (): Promise<never> => Promise.reject(serviceUnavailable("No node here"));
  const api = createApiServer({
    tokens: TEST_TOKENS,
    store,
    nodeStreams: {
      logs: unavailable,
      exec: unavailable,
      portForward: unavailable,
      ask: unavailable,
      ...options.nodeStreams,
    },
    openStream: webSocketStreams({ log: silentLogger }),
    version: VERSION,
    log: silentLogger,
    clock: systemClock,
    adminToken: TOKEN,
    serviceCidr: "10.43.0.0/16",
    advertise: { address: "10.42.0.1", port: 6443 },
    signal,
  });
  await api.bootstrap();
  const { authority, tls, issue } = makeCertificates();
  const front = createFront({
    name: "front",
    address: "127.0.0.1",
    port: 0,
    tls,
    socketDirectory: join(directory, "sockets"),
    fetch: api.fetch,
    answerUpgrade: upgrades(api, { log: silentLogger }),
    log: silentLogger,
  });
  const deadline = new AbortController();
  const ready = Promise.withResolvers<void>();
  const running = front.run({ signal, deadline: deadline.signal, ready: ready.resolve });
  running.catch(ready.reject);
  await ready.promise;
  return {
    store,
    authority,
    url: `https://127.0.0.1:${front.port}`,
    token: TOKEN,
    issue,
    kubeconfig: (other) =>
      kubeconfigOf(`https://127.0.0.1:${front.port}`, { authority, token: TOKEN, ...other }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      deadline.abort();
      await running;
      await rm(directory, { recursive: true });
    },
  };
}

const VERSION = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0+edgesite.test",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "bun",
  platform: "linux/amd64",
};

function makeCertificates() {
  const validity = { notBefore: new Date(0), notAfter: NO_EXPIRY };
  const privateKey = createPrivateKey(generateKey());
  const subject = { commonName: "test-ca" };
  const authority = createAuthority({ subject, privateKey, validity });
  const issuer = { certificate: new X509Certificate(authority), privateKey };
  const leaf = (options: Pick<LeafOptions, "subject" | "usages" | "hosts">) => {
    const key = generateKey();
    const publicKey = createPublicKey(createPrivateKey(key));
    return { cert: issueLeaf({ publicKey, issuer, validity, ...options }), key };
  };
  const server = leaf({
    subject: { commonName: "test-server" },
    usages: ["server"],
    hosts: ["127.0.0.1"],
  });
  const tls = { certificate: server.cert, key: server.key, clientCa: authority };
  const issue = (who: Name) => leaf({ subject: who, usages: ["client"], hosts: [] });
  return { authority, tls, issue };
}

function kubeconfigOf(
  server: string,
  { authority, token }: { readonly authority: string; readonly token: string },
): string {
  const name = "test";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": btoa(authority) } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}
