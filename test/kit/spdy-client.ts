import { connect, type TLSSocket } from "node:tls";
import { FrameReader } from "#serve/streams/spdy/frame-reader.ts";
import { encodeFrame } from "#serve/streams/spdy/frame-writer.ts";
import { HeaderPacker } from "#serve/streams/spdy/header-block.ts";
import type { TlsApi } from "./tls-api.ts";

interface Stream {
  bytes: number;
  readonly ended: PromiseWithResolvers<void>;
}

/** A client of SPDY/3.1 as kubectl 1.20 to 1.30 are: many streams on one upgraded connection. */
export class SpdyClient implements Disposable {
  readonly #socket: TLSSocket;
  readonly #packer = new HeaderPacker();
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, Stream>();
  #nextId = 1;

  /** Upgrades a connection for `path`. */
  static async open(
    api: TlsApi,
    { path, protocol }: { path: string; protocol: string },
  ): Promise<SpdyClient> {
    const { port } = new URL(api.url);
    const socket = connect({ host: "127.0.0.1", port: Number(port), ca: api.authority });
    await new Promise<void>((resolve, reject) =>
      socket.once("secureConnect", resolve).once("error", reject),
    );
    const head = [
      `POST ${path} HTTP/1.1`,
      "Host: x",
      `Authorization: Bearer ${api.token}`,
      "Connection: Upgrade",
      "Upgrade: SPDY/3.1",
      `X-Stream-Protocol-Version: ${protocol}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    const answer = await new Promise<string>((resolve) =>
      socket.once("data", (bytes) => resolve(String(bytes))),
    );
    if (!answer.startsWith("HTTP/1.1 101 ")) throw new Error(`Cannot upgrade: ${answer}`);
    return new SpdyClient(socket);
  }

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => this.#received(Buffer.from(bytes)));
    socket.on("close", () => {
      for (const { ended } of this.#streams.values()) ended.resolve();
    });
  }

  /** Opens a stream and answers its id. */
  openStream(headers: Readonly<Record<string, string>>): number {
    const streamId = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(streamId, { bytes: 0, ended: Promise.withResolvers() });
    const block = this.#packer.pack(headers);
    this.#socket.write(encodeFrame({ type: "synStream", streamId, block, fin: false }));
    return streamId;
  }

  /** Sends on a stream, and half-closes it. */
  finish(streamId: number, bytes: Uint8Array): void {
    this.#socket.write(encodeFrame({ type: "data", streamId, bytes, fin: true }));
  }

  /** How many bytes came on a stream until it ended; it is forgotten. */
  async ended(streamId: number): Promise<number> {
    const stream = this.#streams.get(streamId);
    await stream?.ended.promise;
    this.#streams.delete(streamId);
    return stream?.bytes ?? 0;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #received(bytes: Buffer): void {
    for (const frame of this.#reader.push(bytes)) {
      if (frame.type !== "data" && frame.type !== "rstStream") continue;
      const stream = this.#streams.get(frame.streamId);
      if (!stream) continue;
      if (frame.type === "data") stream.bytes += frame.bytes.length;
      if (frame.type === "rstStream" || frame.fin) stream.ended.resolve();
    }
  }
}
