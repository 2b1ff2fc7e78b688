/**
 * What @kubernetes/client-node uses of undici, over Bun's own fetch. Bun resolves `undici` to a
 * built-in whose Agent drops `connect: { ca, cert, key }`, so that no custom CA is ever trusted.
 */

interface ConnectOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

interface AgentOptions {
  /** A function is client-node's SOCKS connector, which Bun's fetch cannot use. */
  readonly connect?: ConnectOptions | ((...args: unknown[]) => unknown);
}

interface ProxyAgentOptions {
  readonly uri: string;
  readonly requestTls?: ConnectOptions;
}

interface Dispatcher {
  readonly tls: ConnectOptions;
  readonly proxy?: string;
}

/** The TLS side of an undici Agent; sockets are pooled by Bun. */
export class Agent implements Dispatcher {
  readonly tls: ConnectOptions;

  constructor({ connect = {} }: AgentOptions = {}) {
    if (typeof connect === "function") throw new TypeError("SOCKS proxies are not supported");
    this.tls = tlsOf(connect);
  }
}

export class ProxyAgent implements Dispatcher {
  readonly tls: ConnectOptions;
  readonly proxy: string;

  constructor({ uri, requestTls = {} }: ProxyAgentOptions) {
    this.tls = tlsOf(requestTls);
    this.proxy = uri;
  }
}

export function fetch(
  url: string | URL,
  { dispatcher, ...init }: RequestInit & { readonly dispatcher?: Dispatcher } = {},
): Promise<Response> {
  if (dispatcher === undefined) return globalThis.fetch(url, { ...init, timeout: false });
  const { tls, proxy } = dispatcher;
  return globalThis.fetch(url, { ...init, tls, timeout: false, ...(proxy && { proxy }) });
}

/** Leaves out what is undefined: Bun takes a present `ca` as the only trust there is. */
function tlsOf({ ca, cert, key, passphrase, rejectUnauthorized, servername }: ConnectOptions) {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    ...(servername !== undefined && { servername }),
  };
}
