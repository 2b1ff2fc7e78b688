import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "#lib/log.ts";
import { eventually } from "#test/kit/eventually.ts";
import { LocalStreams } from "#test/kit/local-streams.ts";
import { StreamsSite } from "#test/kit/streams-site.ts";

let scratch: string;
let streams: LocalStreams;
let site: StreamsSite;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "edgesite-channels-"));
  streams = new LocalStreams({ directory: scratch });
  site = await StreamsSite.start({ streams, log: silentLogger });
});

afterAll(async () => {
  await eventually(() => streams.alive.size === 0);
  await site[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true });
});

interface Ended {
  readonly protocol: string;
  readonly code: number;
  /** Channel number to all that came on it. */
  readonly channels: Readonly<Record<number, string>>;
}

/** A WebSocket client as browsers and the clients of other languages are. */
class ChannelClient {
  readonly ended: Promise<Ended>;
  readonly #socket: WebSocket;
  readonly #opened = Promise.withResolvers<void>();
  readonly #channels: Record<number, string> = {};

  constructor(path: string, protocols: string[]) {
    this.#socket = new WebSocket(
      `wss://127.0.0.1:${site.front.port}/api/v1/namespaces/default/pods/web/${path}`,
      {
        protocols,
        headers: { authorization: `Bearer ${site.pki.adminToken}` },
        tls: { ca: site.pki.ca },
      },
    );
    this.#socket.binaryType = "nodebuffer";
    this.#socket.onopen = () => this.#opened.resolve();
    this.#socket.onmessage = ({ data }) => this.#take(data);
    this.ended = new Promise((resolve) => {
      this.#socket.onclose = ({ code }) => {
        this.#opened.resolve();
        resolve({ protocol: this.#socket.protocol, code, channels: this.#channels });
      };
    });
  }

  async send(message: Uint8Array | string): Promise<void> {
    await this.#opened.promise;
    this.#socket.send(message);
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  close(): void {
    this.#socket.close();
  }

  #take(data: unknown): void {
    const isText = typeof data === "string";
    const bytes = isText ? Buffer.from(data) : Buffer.from(data as Buffer);
    const channel = (bytes[0] ?? 0) - (isText ? 0x30 : 0);
    const text = isText
      ? Buffer.from(data.slice(1), "base64").toString()
      : bytes.subarray(1).toString("latin1");
    this.#channels[channel] = (this.#channels[channel] ?? "") + text;
  }
}

const command = (...words: string[]): string =>
  words.map((word) => `command=${encodeURIComponent(word)}`).join("&");
const frame = (channel: number, text: string): Uint8Array =>
  Buffer.from(`${String.fromCharCode(channel)}${text}`, "latin1");

describe("exec over channels", () => {
  const shell = `exec?${command("sh", "-c", "read line; echo $line; echo err >&2; exit 4")}&stdin=true&stdout=true&stderr=true`;

  test("speaks the best protocol that the client knows", async () => {
    const client = new ChannelClient(shell, [
      "channel.k8s.io",
      "v4.channel.k8s.io",
      "v5.channel.k8s.io",
    ]);
    await client.send(frame(0, "in\n"));
    const { protocol, code, channels } = await client.ended;
    expect([protocol, code, channels[1], channels[2]]).toEqual([
      "v5.channel.k8s.io",
      1000,
      "in\n",
      "err\n",
    ]);
    expect(JSON.parse(channels[3] ?? "")).toEqual({
      metadata: {},
      status: "Failure",
      message: expect.stringContaining("command terminated with non-zero exit code"),
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "4" }] },
    });
  });

  test("tells success as Kubernetes does", async () => {
    const client = new ChannelClient(`exec?${command("true")}&stdout=true`, ["v4.channel.k8s.io"]);
    const { channels } = await client.ended;
    expect(channels[3]).toBe('{"metadata":{},"status":"Success"}');
  });

  test("is text in base64 for browsers", async () => {
    const client = new ChannelClient(shell, ["v4.base64.channel.k8s.io"]);
    await client.send(`0${Buffer.from("in\n").toString("base64")}`);
    const { protocol, channels } = await client.ended;
    expect([protocol, channels[1], channels[2]]).toEqual([
      "v4.base64.channel.k8s.io",
      "in\n",
      "err\n",
    ]);
    expect(JSON.parse(channels[3] ?? "").reason).toBe("NonZeroExitCode");
  });

  test("tells the oldest clients in text, and success by silence", async () => {
    const failed = new ChannelClient(`exec?${command("false")}&stdout=true`, ["channel.k8s.io"]);
    expect((await failed.ended).channels[3]).toContain("exit code 1");
    const fine = new ChannelClient(`exec?${command("true")}&stdout=true`, ["channel.k8s.io"]);
    expect((await fine.ended).channels[3]).toBeUndefined();
  });

  test("ends stdin where v5 says so, whatever came before the process was up", async () => {
    const client = new ChannelClient(`exec?${command("cat")}&stdin=true&stdout=true`, [
      "v5.channel.k8s.io",
    ]);
    for (const word of ["a", "b", "c"]) await client.send(frame(0, word));
    await client.send(new Uint8Array([255, 0]));
    expect((await client.ended).channels[1]).toBe("abc");
  });

  test("passes over messages that make no sense", async () => {
    const client = new ChannelClient(`exec?${command("cat")}&stdin=true&stdout=true&tty=true`, [
      "v5.channel.k8s.io",
    ]);
    for (const noise of [
      "",
      "\x04{",
      "\x04nonsense}",
      '\x04{"Width":-1,"Height":"x"}',
      "\x07x",
      "\xff",
    ]) {
      await client.send(Buffer.from(noise, "latin1"));
    }
    await client.send(frame(0, "hello\n\x04"));
    expect((await client.ended).channels[1]).toContain("hello");
  });

  test("makes a client wait that sends more than its process reads", async () => {
    const marker = join(scratch, "go");
    const script = `until [ -e ${marker} ]; do sleep 0.05; done; wc -c`;
    const client = new ChannelClient(`exec?${command("sh", "-c", script)}&stdin=true&stdout=true`, [
      "v5.channel.k8s.io",
    ]);
    const piece = Buffer.alloc(1024 * 1024, 0);
    for (let sent = 0; sent < 64; sent++) await client.send(piece);
    await client.send(new Uint8Array([255, 0]));
    // What is not taken stays with the client, however long it waits.
    for (let turn = 0; turn < 5; turn++) {
      await new ChannelClient(`exec?${command("true")}&stdout=true`, ["v5.channel.k8s.io"]).ended;
    }
    expect(client.queuedBytes).toBeGreaterThan(50 * 1024 * 1024);
    await Bun.write(marker, "");
    expect((await client.ended).channels[1]?.trim()).toBe(String(64 * (piece.length - 1)));
  });

  test("ends the process when the client goes", async () => {
    const client = new ChannelClient(`exec?${command("sleep", "1000")}&stdout=true`, [
      "v5.channel.k8s.io",
    ]);
    await eventually(() => streams.alive.size > 0);
    client.close();
    await eventually(() => streams.alive.size === 0);
  });

  test("is refused where no protocol is common, and to strangers", async () => {
    expect((await new ChannelClient(shell, ["v9.channel.k8s.io"]).ended).code).not.toBe(1000);
    const url = `https://127.0.0.1:${site.front.port}/api/v1/namespaces/default/pods/web/${shell}`;
    const plain = await fetch(url, { tls: { ca: site.pki.ca } });
    expect([plain.status, await plain.json()]).toEqual([
      401,
      expect.objectContaining({ reason: "Unauthorized" }),
    ]);
    const headers = { authorization: `Bearer ${site.pki.adminToken}` };
    const known = await fetch(url, { headers, tls: { ca: site.pki.ca } });
    expect([known.status, await known.json()]).toEqual([
      400,
      expect.objectContaining({ message: "Upgrade request required" }),
    ]);
  });
});

describe("port-forward over channels", () => {
  test("begins each channel with its port and carries bytes both ways", async () => {
    const server = createServer((socket) => {
      socket.once("data", (bytes) => socket.end(`got ${bytes}`));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const client = new ChannelClient(`portforward?ports=${port}&ports=1`, ["v4.channel.k8s.io"]);
    await client.send(frame(0, "this"));
    const { channels, code } = await client.ended;
    const name = (number: number): string => String.fromCharCode(number & 255, number >> 8);
    expect([code, channels[0], channels[1]]).toEqual([1000, `${name(port)}got this`, name(port)]);
    expect(channels[2]).toBe(name(1));
    expect(channels[3]).toStartWith(`${name(1)}error forwarding port 1 to pod web, uid u-1: `);
    await new Promise((resolve) => server.close(resolve));
  });
});
