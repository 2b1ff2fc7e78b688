import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { createAuthority, generateKey, issueLeaf, NO_EXPIRY } from "#lib/x509/certificate.ts";

/** What a request to an extension server showed of itself. */
export interface Shown {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Common name of the client's certificate, where one of `trusted` issued it. */
  readonly client: string | undefined;
}

/** An answer; a string is a body that goes on after it until the client leaves. */
export type ExtensionAnswer =
  | { readonly status?: number; readonly json: unknown; readonly headers?: Record<string, string> }
  | { readonly open: string };

const validity = { notBefore: new Date(0), notAfter: NO_EXPIRY };

/** An API server that is served below another one, on loopback over TLS with an authority of its own. */
export class ExtensionServer implements Disposable {
  readonly shown: Shown[] = [];
  /** Base64, as `spec.caBundle` wants it. */
  readonly caBundle: string;
  /** The server's own certificate in the same form. */
  readonly certificate: string;
  readonly #server: Server;
  readonly #sockets = new Set<TLSSocket>();

  private constructor(
    server: Server,
    { ca, cert }: { readonly ca: string; readonly cert: string },
  ) {
    this.#server = server;
    this.caBundle = Buffer.from(ca).toString("base64");
    this.certificate = Buffer.from(cert).toString("base64");
  }

  static async start(
    answering: (shown: Shown) => ExtensionAnswer,
    { trusted, serverName }: { readonly trusted: string; readonly serverName: string },
  ): Promise<ExtensionServer> {
    const privateKey = createPrivateKey(generateKey());
    const subject = { commonName: "authority of extensions" };
    const ca = createAuthority({ subject, privateKey, validity });
    const key = generateKey();
    const cert = issueLeaf({
      subject: { commonName: "extension" },
      publicKey: createPublicKey(key),
      issuer: { certificate: new X509Certificate(ca), privateKey },
      validity,
      usages: ["server"],
      hosts: [serverName],
    });
    const options = { key, cert, ca: trusted, requestCert: true, rejectUnauthorized: false };
    const http = createHttpServer();
    const clients = new WeakMap<object, string>();
    const server = createServer(options, (socket) => {
      if (socket.authorized) clients.set(socket, commonName(socket));
      extension.#sockets.add(socket);
      socket.on("close", () => extension.#sockets.delete(socket));
      // The only way on which the certificate of a client is seen: a server of HTTPS hides it.
      http.emit("connection", socket);
    });
    const extension = new ExtensionServer(server, { ca, cert });
    http.on("request", (request, response) => {
      const { method = "", url = "", headers } = request;
      const shown = { method, url, headers, client: clients.get(request.socket) };
      extension.shown.push(shown);
      const answer = answering(shown);
      if ("open" in answer) {
        response.writeHead(200, { "content-type": "application/json" });
        response.write(answer.open);
        return;
      }
      const { status = 200, json, headers: own } = answer;
      response.writeHead(status, { "content-type": "application/json", ...own });
      response.end(JSON.stringify(json));
    });
    http.on("upgrade", (request, socket) => {
      socket.on("error", () => undefined);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
      );
      socket.on("data", (bytes) => socket.write(`echo ${bytes}`));
      socket.on("end", () => socket.end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return extension;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function commonName(socket: TLSSocket): string {
  const { CN = "" } = socket.getPeerCertificate().subject;
  return Array.isArray(CN) ? CN.join() : CN;
}
