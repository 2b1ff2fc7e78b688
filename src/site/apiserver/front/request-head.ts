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
