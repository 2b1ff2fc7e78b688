import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Blobs } from "./image-archives.ts";

/** How a registry misbehaves. */
export interface Misbehaviour {
  /** Cuts a connection after so many bytes, for so many times. */
  readonly cutAfterBytes?: number;
  readonly cuts?: number;
  /** Ends before a connection is cut: a client may lose what it was sent and has not read. */
  readonly beforeCut?: () => Promise<unknown>;
  /** Sends nothing on any connection after so many bytes. */
  readonly stallAfterBytes?: number;
  /** Changes a byte of each blob that has so many. */
  readonly corruptsFromBytes?: number;
  /** Knows no ranges. */
  readonly ignoresRange?: boolean;
  /** Answers everything with this. */
  readonly status?: number;
}

export interface TestRegistryOptions extends Misbehaviour {
  readonly auth?: "basic" | "token";
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Bytes of blobs per second. */
  readonly bytesPerSecond?: number;
  /** Ends before a blob is sent. */
  readonly beforeBlob?: (digest: string) => Promise<unknown>;
}

const USER = `Basic ${Buffer.from("me:secret").toString("base64")}`;
const TOKEN = "Bearer t0ken";
const PIECE_BYTES = 64 * 1024;

/** A registry of the test's own on a loopback port. */
export class TestRegistry implements AsyncDisposable {
  readonly #options: TestRegistryOptions;
  readonly #server: Bun.Server<undefined>;
  /** By `repository:tag` and by digest. */
  readonly #manifests = new Map<string, { readonly type: string; readonly bytes: Uint8Array }>();
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #relay: Relay | undefined;
  /** What was asked for, and from which byte on. */
  readonly requests: string[] = [];

  constructor(options: TestRegistryOptions = {}) {
    this.#options = options;
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      ...(options.tls && { tls: options.tls }),
      fetch: (request) => this.#answer(request),
    });
    const isHindered = options.cutAfterBytes !== undefined || options.stallAfterBytes !== undefined;
    this.#relay = isHindered ? new Relay(this.#server.port ?? 0, options) : undefined;
  }

  /** For those that misbehave: once it listens. */
  async ready(): Promise<this> {
    await this.#relay?.ready;
    return this;
  }

  get host(): string {
    return `127.0.0.1:${this.#relay?.port ?? this.#server.port}`;
  }

  /** Keeps an image under `repository:tag`. */
  add(name: string, { manifest, blobs }: Blobs): void {
    for (const [digest, bytes] of blobs) this.#blobs.set(digest, bytes);
    const bytes = blobs.get(manifest.digest) ?? new Uint8Array();
    this.addDocument(name, { type: manifest.mediaType, bytes });
    this.addDocument(manifest.digest, { type: manifest.mediaType, bytes });
  }

  addDocument(name: string, document: { readonly type: string; readonly bytes: Uint8Array }): void {
    this.#manifests.set(name, document);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#relay?.close();
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const range = request.headers.get("range") ?? "";
    this.requests.push(`${pathname}${range === "" ? "" : ` ${range}`}`);
    if (pathname === "/token") return this.#token(request);
    if (this.#options.status !== undefined) {
      const errors = [{ code: "X", message: "out of order" }];
      return Response.json({ errors }, { status: this.#options.status });
    }
    const refusal = this.#refusal(request);
    if (refusal) return refusal;
    const [, repository = "", kind, reference = ""] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    if (kind === "manifests") return this.#manifest(repository, reference);
    await this.#options.beforeBlob?.(reference);
    return this.#blob(reference, range);
  }

  #token(request: Request): Response {
    return request.headers.get("authorization") === USER
      ? Response.json({ token: "t0ken", expires_in: 60 })
      : new Response("no", { status: 401 });
  }

  #refusal(request: Request): Response | undefined {
    const { auth, tls } = this.#options;
    const given = request.headers.get("authorization");
    if (auth === undefined || given === (auth === "basic" ? USER : TOKEN)) return undefined;
    const scheme = tls ? "https" : "http";
    const challenge =
      auth === "basic"
        ? 'Basic realm="test"'
        : `Bearer realm="${scheme}://${this.host}/token",service="test",scope="repository:a:pull"`;
    return new Response("{}", { status: 401, headers: { "www-authenticate": challenge } });
  }

  #manifest(repository: string, reference: string): Response {
    const document =
      this.#manifests.get(`${repository}:${reference}`) ?? this.#manifests.get(reference);
    if (!document) return new Response("{}", { status: 404 });
    return new Response(document.bytes, { headers: { "content-type": document.type } });
  }

  #blob(digest: string, range: string): Response {
    const whole = this.#blobs.get(digest);
    if (!whole) return new Response("{}", { status: 404 });
    const { ignoresRange, corruptsFromBytes = Infinity } = this.#options;
    const from = ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    const bytes = Buffer.from(whole.subarray(from));
    if (whole.length >= corruptsFromBytes) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    return new Response(this.#body(bytes), {
      status: from > 0 ? 206 : 200,
      headers: {
        "content-length": String(bytes.length),
        ...(from > 0 && { "content-range": `bytes ${from}-${whole.length - 1}/${whole.length}` }),
      },
    });
  }

  #body(bytes: Uint8Array): ReadableStream<Uint8Array> | Uint8Array {
    const { bytesPerSecond } = this.#options;
    if (bytesPerSecond === undefined) return bytes;
    let at = 0;
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (at >= bytes.length) return controller.close();
        const part = bytes.subarray(at, at + PIECE_BYTES);
        at += part.length;
        await Bun.sleep((part.length * 1000) / bytesPerSecond);
        controller.enqueue(part);
      },
    });
  }
}

/** Stands before a registry and passes on only so much of what it says. */
class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly ready: Promise<void>;
  readonly #beforeCut: () => Promise<unknown>;
  #cuts: number;
  #untilStallBytes: number;

  constructor(port: number, options: Misbehaviour) {
    const { cutAfterBytes = Infinity, cuts = 0, stallAfterBytes = Infinity } = options;
    this.#beforeCut = options.beforeCut ?? (async () => undefined);
    this.#cuts = cuts;
    this.#untilStallBytes = stallAfterBytes;
    this.#server = createServer((client) => this.#pass(client, port, cutAfterBytes));
    this.ready = new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #pass(client: Socket, port: number, cutAfterBytes: number): void {
    const registry = connect(port, "127.0.0.1");
    for (const socket of [client, registry]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    }
    client.on("close", () => registry.destroy());
    client.pipe(registry);
    let leftBytes = cutAfterBytes;
    registry.on("data", (bytes: Buffer) => {
      if (this.#untilStallBytes <= 0) return;
      this.#untilStallBytes -= bytes.length;
      if (this.#cuts === 0 || bytes.length <= leftBytes) {
        leftBytes -= bytes.length;
        client.write(bytes);
        return;
      }
      this.#cuts -= 1;
      registry.destroy();
      client.write(bytes.subarray(0, leftBytes));
      void this.#beforeCut().finally(() => client.end());
    });
  }
}
