import type { Socket } from "bun";
import { type Answer, HttpReader } from "./http-reader.ts";

/** Where an API listens and how to get in. */
export interface Endpoint {
  readonly port: number;
  readonly ca: string;
  readonly token: string;
}

export interface Request {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly gzip?: boolean;
}

const HOST = "127.0.0.1";

/** One kept-alive HTTP/1.1 connection over TLS, one request at a time. */
export class Connection implements Disposable {
  readonly #token: string;
  readonly #reader: HttpReader;
  #socket: Socket | undefined;
  #unsent: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<Answer> | undefined;
  #onPart: (() => void) | undefined;
  #onBytes: ((bytes: Buffer) => void) | undefined;

  private constructor(token: string, keepBody: boolean) {
    this.#token = token;
    this.#reader = new HttpReader((answer) => this.#answered(answer), { keepBody });
  }

  /** Connects; `keepBody`: answers carry their bodies. */
  static async open({ port, ca, token }: Endpoint, { keepBody = false } = {}): Promise<Connection> {
    const connection = new Connection(token, keepBody);
    const secure = Promise.withResolvers<void>();
    const lost = (error: Error): void => {
      secure.reject(error);
      connection.#lost(error);
    };
    connection.#socket = await Bun.connect({
      hostname: HOST,
      port,
      tls: { ca, serverName: HOST },
      socket: {
        handshake: (_socket, ok, error) =>
          ok ? secure.resolve() : secure.reject(error ?? new Error("No handshake")),
        data: (_socket, bytes) => connection.#received(bytes),
        drain: () => connection.#flush(),
        close: () => lost(new Error("The connection was closed")),
        error: (_socket, error) => lost(error),
      },
    });
    await secure.promise;
    return connection;
  }

  /** Sends a request and answers once its answer is here to the last byte; `onBytes` sees it come. */
  send(request: Request, onBytes?: () => void): Promise<Answer> {
    this.#waiting = Promise.withResolvers<Answer>();
    this.#onPart = onBytes;
    this.#write(request);
    return this.#waiting.promise;
  }

  /** Sends a request whose answer never ends; `onBytes` gets all of it, head included. */
  follow(request: Request, onBytes: (bytes: Buffer) => void): void {
    this.#onBytes = onBytes;
    this.#write(request);
  }

  [Symbol.dispose](): void {
    this.#socket?.terminate();
  }

  #write({ method = "GET", path, body = "", ...request }: Request): void {
    const { contentType = "application/json", accept = "application/json", gzip } = request;
    const fields = [
      `Host: ${HOST}`,
      `Authorization: Bearer ${this.#token}`,
      `Accept: ${accept}`,
      ...(gzip ? ["Accept-Encoding: gzip"] : []),
      ...(body === ""
        ? []
        : [`Content-Type: ${contentType}`, `Content-Length: ${Buffer.byteLength(body)}`]),
    ];
    const head = `${method} ${path} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`;
    this.#unsent = Buffer.concat([this.#unsent, Buffer.from(head + body)]);
    this.#flush();
  }

  #flush(): void {
    if (this.#unsent.length === 0) return;
    const sent = this.#socket?.write(this.#unsent) ?? 0;
    this.#unsent = this.#unsent.subarray(Math.max(sent, 0));
  }

  #received(bytes: Buffer): void {
    if (this.#onBytes) return this.#onBytes(bytes);
    this.#onPart?.();
    this.#reader.read(bytes);
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }

  #lost(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
