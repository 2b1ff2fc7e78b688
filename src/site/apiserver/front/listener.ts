import type { SocketHandler, TCPSocketListener } from "bun";
import { errorCode, explain, UserError } from "#lib/errors.ts";

/** PEM texts of a TLS server. */
export interface FrontTls {
  /** The certificate, and those between it and the root. */
  readonly certificate: string;
  readonly key: string;
  /** Issuers of client certificates. They are asked for, never required: callers may have tokens. */
  readonly clientCa: string;
}

interface Place {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ListenOptions<T> extends Place {
  readonly tls: FrontTls;
  readonly socket: SocketHandler<T>;
}

/** Protocols in the wire form of ALPN: each behind its length. */
const ALPN = Buffer.from("\x02h2\x08http/1.1", "latin1");

/**
 * Listens for TLS so that a second call for the same port can take over from the first.
 * @throws {UserError} when the address or port cannot be had.
 */
export function listen<T>(options: ListenOptions<T>): TCPSocketListener<T> {
  const { address, port, tls, socket } = options;
  const how = {
    hostname: address,
    port,
    allowHalfOpen: true,
    // Not in Bun's types: lets another listener of this process bind the port beside this one.
    reusePort: true,
    tls: {
      cert: tls.certificate,
      key: tls.key,
      ca: tls.clientCa,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ALPN,
    },
    socket,
  };
  try {
    return Bun.listen<T>(how);
  } catch (error) {
    throw cannotListen(options, error);
  }
}

/**
 * Makes sure that nobody has the port, as `listen` alone would share it with another instance of
 * the same user.
 * @throws {UserError} when the address or port cannot be had.
 */
export function claim({ address, port }: Place): void {
  try {
    Bun.listen({ hostname: address, port, socket: { data: () => undefined } }).stop(true);
  } catch (error) {
    throw cannotListen({ address, port }, error);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program uses the port; stop it, or choose another one with --port",
  EADDRNOTAVAIL: "this machine has no such address; choose one of its own with --bind-address",
  EACCES: "ports below 1024 need root; choose another one with --port",
};

function cannotListen({ address, port }: Place, cause: unknown): UserError {
  const place = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  const why = REMEDIES[errorCode(cause) ?? ""] ?? explain(cause);
  return new UserError(`Cannot listen on ${place}: ${why}`, { cause });
}
