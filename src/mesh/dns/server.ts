import type { Socket, TCPSocketListenOptions } from "bun";
import { asError, errorCode } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { Deframer, frame } from "./framing.ts";
import type { ClientRule, Resolver } from "./resolver.ts";
import { UdpSender } from "./udp-sender.ts";

export interface DnsServerOptions {
  readonly address: string;
  /** Default 53. */
  readonly port?: number;
  readonly resolver: Resolver;
  /** All others get no answer: an open resolver is a weapon. */
  readonly mayAsk: ClientRule;
  readonly log: Logger;
}

/** DNS over UDP and TCP on one address. */
export interface DnsServer extends AsyncDisposable {
  readonly port: number;
}

const DNS_PORT = 53;
/** A client that sends nothing more is hung up on (RFC 7766 6.2.3 leaves it to us). */
const TCP_IDLE_SECONDS = 10;
const MAX_TCP_CLIENTS = 256;

/** A free port of one protocol may be taken in the other: how often another one is tried. */
const PORT_ATTEMPTS = 10;

/**
 * Binds both sockets; port 0 takes one that is free for both.
 * @throws when the address is not there, or the port is taken.
 */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bindBoth(options);
    } catch (error) {
      const again = options.port === 0 && attempt < PORT_ATTEMPTS;
      if (!again || errorCode(error) !== "EADDRINUSE") throw error;
    }
  }
}

async function bindBoth(options: DnsServerOptions): Promise<DnsServer> {
  const stop = new AbortController();
  const udp = await listenUdp(options, stop.signal);
  try {
    const tcp = listenTcp({ ...options, port: udp.port }, stop.signal);
    return {
      port: udp.port,
      [Symbol.asyncDispose]: async () => {
        stop.abort(new Error("DNS stops"));
        udp.close();
        tcp.stop(true);
      },
    };
  } catch (error) {
    udp.close();
    throw error;
  }
}

function listenUdp(options: DnsServerOptions, signal: AbortSignal) {
  const { address: hostname, port = DNS_PORT, resolver, mayAsk, log } = options;
  const sender = new UdpSender({ signal, log });
  return Bun.udpSocket({
    hostname,
    port,
    socket: {
      data: (socket, message, ...[clientPort, clientAddress]) => {
        if (!mayAsk(clientAddress)) return;
        const send = (answer: Buffer): void =>
          sender.send(socket, { answer, port: clientPort, address: clientAddress });
        const answer = resolver.answer(message, "udp", signal);
        if (answer instanceof Promise) void answer.then(send);
        else if (answer) send(answer);
      },
      error: (_, error) => log.debug("The DNS socket reports an error", { error }),
    },
  });
}

/** Answers that a TCP client has not taken yet, beyond which it is not listened to. */
const MAX_WAITING_BYTES = 1 << 16;

/** What is kept per TCP client. */
interface TcpClient {
  readonly deframer: Deframer;
  /** What the socket did not take yet. */
  readonly waiting: Buffer[];
  waitingBytes: number;
  /** Who asks and does not read the answers is not read from either. */
  paused: boolean;
}

function listenTcp(options: DnsServerOptions, signal: AbortSignal) {
  const { address: hostname, port = DNS_PORT, resolver, mayAsk, log } = options;
  let clients = 0;
  const settings: TCPSocketListenOptions<TcpClient> & { readonly reusePort: boolean } = {
    hostname,
    port,
    reusePort: true,
    socket: {
      open: (socket) => {
        clients += 1;
        socket.data = { deframer: new Deframer(), waiting: [], waitingBytes: 0, paused: false };
        socket.timeout(TCP_IDLE_SECONDS);
        if (clients > MAX_TCP_CLIENTS || !mayAsk(socket.remoteAddress)) socket.terminate();
      },
      data: (socket, chunk) => {
        for (const message of socket.data.deframer.push(chunk)) {
          void Promise.resolve(resolver.answer(message, "tcp", signal))
            .then((answer) => {
              if (answer) write(socket, frame(answer));
            })
            .catch((error: unknown) => {
              log.debug("A DNS client left before its answer", { error: asError(error) });
            });
        }
      },
      drain: flush,
      timeout: (socket) => void (socket.data.paused ? socket.terminate() : socket.end()),
      close: () => {
        clients -= 1;
      },
      error: (_, error) => log.debug("A DNS connection reports an error", { error }),
    },
  };
  return Bun.listen(settings);
}

function write(socket: Socket<TcpClient>, answer: Buffer): void {
  const { data } = socket;
  data.waiting.push(answer);
  data.waitingBytes += answer.length;
  if (data.waiting.length === 1) flush(socket);
  if (data.waitingBytes <= MAX_WAITING_BYTES || data.paused) return;
  data.paused = true;
  socket.pause();
}

function flush(socket: Socket<TcpClient>): void {
  const { data } = socket;
  for (let [first] = data.waiting; first; [first] = data.waiting) {
    const written = Math.max(0, socket.write(first));
    data.waitingBytes -= written;
    if (written < first.length) {
      data.waiting[0] = first.subarray(written);
      return;
    }
    data.waiting.shift();
  }
  if (!data.paused) return;
  data.paused = false;
  socket.resume();
}
