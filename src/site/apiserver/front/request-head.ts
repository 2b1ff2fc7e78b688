/** Longest request head that is read before a connection is given up (Kubernetes takes 1 MiB). */
export const MAX_HEAD_BYTES = 64 * 1024;

/** What the first request of a connection asks the connection to become. */
export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  /** Of the head, its empty line included. */
  readonly lengthBytes: number;
}

const END = Buffer.from("\r\n\r\n");
const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) (\/[^\s]*) HTTP\/1\.[01]$/;
const FIELD = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/;

/** Where the head of the first request in `bytes` ends, or −1 while it is incomplete. */
export function headEnd(bytes: Buffer): number {
  const at = bytes.indexOf(END);
  return at < 0 ? -1 : at + END.length;
}

/**
 * The upgrade that a complete head asks for, in lower case: `websocket`, `spdy/3.1`. A quick look
 * that every connection pays for; `undefined` for all ordinary requests.
 */
export function requestedUpgrade(head: Buffer): string | undefined {
  return /\r\nupgrade:[ \t]*([^\r\n]*?)[ \t]*\r\n/i
    .exec(head.toString("latin1"))?.[1]
    ?.toLowerCase();
}

const HTTP_1_0 = /^[^\r\n]+ HTTP\/1\.0\r\n/;
const HOST_LINE = /\r\nhost:/i;

/**
 * A complete request with a `Host`, where it is of HTTP/1.0 and has none: health checks of load
 * balancers are such. What one of HTTP/1.1 lacks it is told by the server.
 */
export function withHost(request: Buffer): Buffer {
  const head = request.toString("latin1", 0, headEnd(request));
  const [line] = HTTP_1_0.exec(head) ?? [];
  if (line === undefined || HOST_LINE.test(head)) return request;
  return Buffer.concat([
    Buffer.from(`${line}Host: edgesite\r\n`, "latin1"),
    request.subarray(line.length),
  ]);
}

/** Reads a complete HTTP/1.1 head; `undefined` when it is malformed. */
export function parseHead(head: Buffer): RequestHead | undefined {
  const [requestLine = "", ...lines] = head.toString("latin1").slice(0, -END.length).split("\r\n");
  const [, method, target] = REQUEST_LINE.exec(requestLine) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    try {
      headers.append(name, value);
    } catch {
      return undefined;
    }
  }
  return { method, target, headers, lengthBytes: head.length };
}
