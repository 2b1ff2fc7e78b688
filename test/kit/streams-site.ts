import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeStreams } from "#api/node-streams.ts";
import { badRequest, notFound, StatusError, unauthorized } from "#api/status.ts";
import { createKubeconfig } from "#config/kubeconfig.ts";
import type { Logger } from "#lib/log.ts";
import type { Connection } from "#serve/api-options.ts";
import type { StreamCall } from "#serve/stream-call.ts";
import { upgrades, webSocketStreams } from "#serve/streams/streams.ts";
import { createFront, type Front } from "#site/apiserver/front/front.ts";
import { loadPki, type Pki } from "#site/apiserver/pki.ts";

const POD = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: { name: "web", namespace: "default", uid: "u-1", resourceVersion: "1" },
  spec: { nodeName: "edge", containers: [{ name: "main", image: "busybox" }], securityContext: {} },
  status: {
    phase: "Running",
    containerStatuses: [{ name: "main", ready: true, state: { running: {} } }],
  },
};

const resource = (name: string, kind: string): object => ({
  name,
  singularName: name === "pods" ? "pod" : "",
  namespaced: true,
  kind,
  verbs: ["create", "get", "list", "watch"],
  shortNames: name === "pods" ? ["po"] : undefined,
});

const DOCUMENTS: Readonly<Record<string, object>> = {
  "/version": { major: "1", minor: "36", gitVersion: "v1.36.0+edgesite" },
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [resource("pods", "Pod"), resource("pods/exec", "PodExecOptions")],
  },
  "/api/v1/namespaces/default/pods/web": POD,
};

const STREAM = /^\/api\/v1\/namespaces\/default\/pods\/([^/]+)\/(exec|attach|portforward)$/;

/** A front with real certificates before an API that knows one pod, `default/web`. */
export class StreamsSite {
  readonly directory: string;
  readonly kubeconfig: string;
  readonly pki: Pki;
  readonly front: Front;
  readonly #streams: NodeStreams;
  readonly #openWebSocket: ReturnType<typeof webSocketStreams>;
  readonly #stop = new AbortController();
  readonly #deadline = new AbortController();
  #stopped: Promise<void> = Promise.resolve();

  static async start(options: {
    readonly streams: NodeStreams;
    readonly log: Logger;
  }): Promise<StreamsSite> {
    const site = new StreamsSite(options);
    const ready = Promise.withResolvers<void>();
    site.#stopped = site.front.run({
      signal: site.#stop.signal,
      deadline: site.#deadline.signal,
      ready: ready.resolve,
    });
    await Promise.race([ready.promise, site.#stopped]);
    const server = `https://127.0.0.1:${site.front.port}`;
    const { ca, adminToken: token } = site.pki;
    writeFileSync(site.kubeconfig, createKubeconfig({ server, ca, token }), { mode: 0o600 });
    return site;
  }

  private constructor({ streams, log }: { readonly streams: NodeStreams; readonly log: Logger }) {
    this.directory = mkdtempSync(join(tmpdir(), "edgesite-streams-"));
    this.kubeconfig = join(this.directory, "kubeconfig");
    this.pki = loadPki({
      directory: join(this.directory, "pki"),
      hosts: ["localhost", "127.0.0.1"],
      times: [new Date()],
      log,
    });
    this.#streams = streams;
    this.#openWebSocket = webSocketStreams({ log });
    const api = {
      resolveStream: (request: Request) => Promise.resolve(this.#resolve(request)),
      upgradeProxied: () => Promise.resolve(undefined),
      errorResponse: answer,
    };
    this.front = createFront({
      name: "front",
      address: "127.0.0.1",
      port: 0,
      tls: { certificate: this.pki.certificate, key: this.pki.key, clientCa: this.pki.ca },
      socketDirectory: join(this.directory, "run"),
      fetch: (request, connection) => this.#fetch(request, connection),
      answerUpgrade: upgrades(api, { log }),
      log,
    });
    mkdirSync(join(this.directory, "pod"));
  }

  /** Stops the front in order; resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#deadline.abort();
    await this.stop();
    rmSync(this.directory, { recursive: true });
  }

  async #fetch(request: Request, connection: Connection = {}): Promise<Response> {
    try {
      const { pathname } = new URL(request.url);
      if (STREAM.test(pathname))
        return await this.#openWebSocket(this.#resolve(request), connection);
      this.#authenticate(request);
      const document = DOCUMENTS[pathname];
      if (!document)
        throw notFound({ resource: { group: "", plural: "things", kind: "" }, name: pathname });
      return Response.json(document);
    } catch (error) {
      return answer(error);
    }
  }

  #authenticate({ headers }: Request): void {
    if (headers.get("authorization") !== `Bearer ${this.pki.adminToken}`) throw unauthorized();
  }

  #resolve(request: Request): StreamCall {
    this.#authenticate(request);
    const { pathname, searchParams: query } = new URL(request.url);
    const [, name = "", kind] = STREAM.exec(pathname) ?? [];
    if (name !== "web")
      throw notFound({ resource: { group: "", plural: "pods", kind: "Pod" }, name });
    const target = { namespace: "default", pod: name, uid: "u-1" };
    const streams = this.#streams;
    if (kind === "portforward") {
      return {
        request,
        streams,
        stream: { ...target, kind, ports: query.getAll("ports").map(Number) },
      };
    }
    if (kind !== "exec" && kind !== "attach") throw badRequest("not a stream");
    const flag = (option: string): boolean => query.get(option) === "true";
    const asked = {
      stdin: flag("stdin"),
      stdout: flag("stdout"),
      stderr: flag("stderr"),
      tty: flag("tty"),
    };
    const command = query.getAll("command");
    return { request, streams, stream: { ...target, kind, container: "main", command, ...asked } };
  }
}

function answer(error: unknown): Response {
  if (!(error instanceof StatusError)) throw error;
  return Response.json(error.status, { status: error.code });
}
