import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Backend } from "#serve/proxy/backend.ts";

/** The path below which a `ProxiedServer` is reached through the proxy. */
export const PREFIX = "/api/v1/namespaces/a/pods/web/proxy";

/** A request through the proxy. */
export const proxiedRequest = (init: RequestInit = {}): Request =>
  new Request(`https://cluster.example:6443${PREFIX}/`, init);

/** A server on loopback that requests are handed on to; a test says what it answers. */
export class ProxiedServer implements Disposable {
  readonly server: Server = createServer();
  /** Connections that are open. */
  readonly sockets: Set<Socket> = new Set();

  private constructor() {
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  static async start(): Promise<ProxiedServer> {
    const proxied = new ProxiedServer();
    await new Promise<void>((resolve) => proxied.server.listen(0, "127.0.0.1", resolve));
    return proxied;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What the proxy is told of it. */
  backend(target = "/"): Backend {
    return {
      ...{ host: "127.0.0.1", port: this.port, target, prefix: PREFIX },
      headers: { "x-forwarded-uri": `${PREFIX}${target}` },
    };
  }

  /** Answers every request with these. */
  answers(status: number, headers: Record<string, string | string[]>, body: string | Buffer): void {
    this.server.on("request", (_, answer) => answer.writeHead(status, headers).end(body));
  }

  [Symbol.dispose](): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
