import { STATUS_CODES } from "node:http";
import type { Logger } from "#lib/log.ts";
import type { Peer } from "#serve/api-options.ts";
import type { Upgrade } from "#serve/streams/stream-socket.ts";
import type { AnswerUpgrade } from "#serve/streams/streams.ts";
import type { FrontConnection, Route } from "./front-connection.ts";
import type { Handovers } from "./handovers.ts";
import { withMarkedCommas } from "./impersonation-lines.ts";
import { Relay } from "./relay.ts";
import { headEnd, MAX_HEAD_BYTES, parseHead, requestedUpgrade, withHost } from "./request-head.ts";
import { fields, heldBack, switchProtocol } from "./switch-protocol.ts";

/** How long a client may take from connecting to the end of its first request head. */
const HEAD_TIMEOUT_MS = 30_000;

const HTTP2_PREFACE = "PRI * HTTP/2.0\r\n";

/** Where a connection belongs. */
export interface Destination {
  /** Path of the unix socket where HTTP is served. */
  readonly unix: string;
  /** Whom the client's certificate stands for, if it showed one. */
  readonly peer?: Peer;
  /** Where the client is, if that is told. */
  readonly address?: string;
}

export interface FirstRequestOptions {
  /** Asked once; `undefined` sends the client away. */
  readonly destination: () => Destination | undefined;
  readonly answerUpgrade: AnswerUpgrade;
  /** What later requests of the connection come to. */
  readonly handovers: Handovers;
  readonly log: Logger;
  /** See `RelayOptions`. */
  readonly idleMs?: number | undefined;
}

/** Reads the head of a connection's first request and sends the connection where it belongs. */
export class FirstRequest implements Route {
  readonly #client: FrontConnection;
  readonly #options: FirstRequestOptions;
  readonly #timeout: ReturnType<typeof setTimeout>;
  #read: Buffer = Buffer.alloc(0);

  constructor(client: FrontConnection, options: FirstRequestOptions) {
    this.#client = client;
    this.#options = options;
    this.#timeout = setTimeout(() => client.cut(), HEAD_TIMEOUT_MS);
  }

  received(bytes: Buffer): void {
    // A head nearly always comes in one piece; one that dribbles in costs a copy per piece.
    this.#read = this.#read.length === 0 ? bytes : Buffer.concat([this.#read, bytes]);
    const end = headEnd(this.#read);
    if (end > MAX_HEAD_BYTES || (end < 0 && this.#read.length > MAX_HEAD_BYTES)) {
      clearTimeout(this.#timeout);
      void answer(this.#client, new Response("Request head too large\n", { status: 431 }));
    } else if (end >= 0) {
      this.#read = withHost(withMarkedCommas(this.#read));
      this.#route(this.#read.subarray(0, headEnd(this.#read)));
    }
  }

  ended(): void {
    this.#client.end();
  }

  closed(): void {
    clearTimeout(this.#timeout);
  }

  stop(): void {
    this.#client.end();
  }

  #route(head: Buffer): void {
    clearTimeout(this.#timeout);
    const destination = this.#options.destination();
    if (!destination) return this.#client.cut();
    const { unix, ...connection } = destination;
    const read = { head, rest: this.#read.subarray(head.length), connection };
    const { handovers, log, idleMs } = this.#options;
    if (requestedUpgrade(head) !== undefined) {
      void serveUpgrade(this.#client, this.#options, { ...read, unix });
      return;
    }
    Relay.open(this.#client, {
      unix,
      first: this.#read,
      http2: head.toString("latin1").startsWith(HTTP2_PREFACE),
      endless: false,
      handovers,
      log,
      idleMs,
    });
  }
}

interface Read {
  readonly head: Buffer;
  /** What came behind the head. */
  readonly rest: Buffer;
  readonly connection: Omit<Destination, "unix">;
}

/**
 * Answers a request for another protocol: by switching to it, by saying why not, or by leaving it
 * to the server behind. Never rejects.
 */
async function serveUpgrade(
  client: FrontConnection,
  { answerUpgrade, handovers, log, idleMs }: Omit<FirstRequestOptions, "destination">,
  read: Read & { readonly unix: string },
): Promise<void> {
  const gone = new AbortController();
  client.pause();
  const early = heldBack(client, gone);
  early.push(read.rest);
  try {
    const upgrade = await decide(read, answerUpgrade, gone.signal);
    if (upgrade === undefined) {
      const first = Buffer.concat([read.head, ...early]);
      const { unix } = read;
      Relay.open(client, { unix, first, http2: false, endless: true, handovers, log, idleMs });
      return;
    }
    if (upgrade instanceof Response) return await answer(client, upgrade);
    await switchProtocol(client, { upgrade, gone, early }, log);
  } catch (error) {
    log.error("A request for another protocol could not be answered.", { error });
    client.end();
  }
}

async function decide(
  { head, connection }: Read,
  answerUpgrade: AnswerUpgrade,
  signal: AbortSignal,
): Promise<Upgrade | Response | undefined> {
  const { method, target, headers } = parseHead(head) ?? {};
  if (method === undefined) return new Response("Malformed request\n", { status: 400 });
  const request = new Request(`https://edgesite${target}`, { method, headers, signal });
  return answerUpgrade(request, connection);
}

/** Sends a response to a request that stays HTTP, its body in passing, and hangs up. */
async function answer(client: FrontConnection, response: Response): Promise<void> {
  const headers = new Headers(response.headers);
  headers.set("connection", "close");
  const status = `${response.status} ${STATUS_CODES[response.status] ?? ""}`;
  await client.send(Buffer.from(`HTTP/1.1 ${status}\r\n${fields(headers)}\r\n`, "latin1"));
  for await (const bytes of response.body ?? []) {
    if (!client.isOpen) break;
    await client.send(bytes);
  }
  client.end();
}
