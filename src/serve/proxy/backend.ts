/** How to know a server that is spoken to over TLS, and how to be known by it. */
export interface BackendTls {
  /** Any certificate is taken. */
  readonly insecure: boolean;
  /** PEM of those who may have issued its certificate; absent: the well-known authorities. */
  readonly ca?: string;
  /** The name that its certificate must be for. */
  readonly serverName?: string;
  /** PEM of what to show it. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/** Where a request is handed on to. */
export interface Backend {
  /** An address, or a name without brackets. */
  readonly host: string;
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: BackendTls;
  /** Path and query as they are sent. */
  readonly target: string;
  /** The path that clients know its root by: links in its answers are put below it. Absent: they stay. */
  readonly prefix?: string;
  /** What it is told beside the client's own headers, and instead of them. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}
