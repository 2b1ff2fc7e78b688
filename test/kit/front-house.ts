import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { silentLogger } from "#lib/log.ts";
import { createFront, type Front, type FrontOptions } from "#site/apiserver/front/front.ts";
import { loadPki, type Pki } from "#site/apiserver/pki.ts";

/** Asks for a stream that is no HTTP. */
export const SPDY =
  "POST /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n";

/** What a front shows and trusts. */
export const tlsOf = ({ certificate, key, ca }: Pki): FrontOptions["tls"] => ({
  certificate,
  key,
  clientCa: ca,
});

/** A connection to a front, and all that comes out of it until it ends. */
interface Dialled {
  readonly socket: TLSSocket;
  readonly all: Promise<string>;
}

/** Fronts of one test, with an authority of their own; what was started ends with the test. */
export class FrontHouse {
  readonly directory = mkdtempSync(join(tmpdir(), "front-"));
  readonly pki = this.issue(["127.0.0.1"]);
  readonly stop = new AbortController();
  readonly deadline = new AbortController();
  /** Ends with the front that was started last. */
  stopped = Promise.resolve();

  issue(hosts: readonly string[]): Pki {
    const directory = join(this.directory, "pki");
    return loadPki({ directory, hosts, times: [new Date()], log: silentLogger });
  }

  make(options: Partial<FrontOptions> = {}): Front {
    return createFront({
      name: "front",
      address: "127.0.0.1",
      port: 0,
      tls: tlsOf(this.pki),
      // Longer than the path of a unix socket may be.
      socketDirectory: join(this.directory, "a".repeat(120)),
      fetch: async (request) => new Response(`${request.method} ${await request.text()}`),
      answerUpgrade: async () => new Response("no", { status: 403 }),
      log: silentLogger,
      ...options,
    });
  }

  async start(options: Partial<FrontOptions> = {}): Promise<Front> {
    const front = this.make(options);
    const ready = Promise.withResolvers<void>();
    const [{ signal }, deadline] = [this.stop, this.deadline.signal];
    this.stopped = front.run({ signal, deadline, ready: ready.resolve });
    await Promise.race([ready.promise, this.stopped]);
    return front;
  }

  ask(front: Front, init: RequestInit = {}): Promise<Response> {
    return fetch(`https://127.0.0.1:${front.port}/`, { ...init, tls: { ca: this.pki.ca } });
  }

  /** A TLS connection, with a client certificate if there is one. */
  async dial(front: Front, identity: { cert?: string; key?: string } = {}): Promise<Dialled> {
    const { ca } = this.pki;
    const socket = connect({ port: front.port, host: "127.0.0.1", ca, ...identity });
    await new Promise<void>((resolve, reject) =>
      socket.once("secureConnect", resolve).once("error", reject),
    );
    let text = "";
    const all = new Promise<string>((resolve) => {
      socket.on("data", (bytes) => {
        text += bytes.toString();
      });
      socket.on("error", () => resolve(text));
      socket.on("close", () => resolve(text));
    });
    return { socket, all };
  }

  async end(): Promise<void> {
    this.stop.abort();
    this.deadline.abort();
    await this.stopped;
    rmSync(this.directory, { recursive: true });
  }
}
