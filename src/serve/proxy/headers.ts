import { listed, offeredProtocols } from "../streams/handshake.ts";

/** RFC 9110 §7.6.1, and those that Go's reverse proxy counts among them. */
const HOP_BY_HOP: readonly string[] = [
  "connection",
  "proxy-connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
/** What was shown to us is nobody else's business, and nobody is to believe what only we may say. */
const PRIVATE = /^(authorization|impersonate-.*|x-remote-.*)$/;
/** An answer may not speak for this server's own origin (apimachinery `removeCORSHeaders`). */
const CORS = /^access-control-allow-(credentials|headers|methods|origin)$/;
const PROTOCOL = "sec-websocket-protocol";

/** A request's headers as they are handed on; `upgrade` keeps what asks for another protocol. */
export function passedHeaders(
  request: Request,
  { upgrade }: { readonly upgrade: boolean },
): Record<string, string | string[]> {
  const { headers } = request;
  const dropped = droppedOf(headers);
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    if (!dropped.has(name) && !PRIVATE.test(name)) passed[name] = value;
  }
  if (!upgrade) return passed;
  const protocols = offeredProtocols(request).join(", ");
  delete passed[PROTOCOL];
  return {
    ...passed,
    connection: "Upgrade",
    upgrade: headers.get("upgrade") ?? "",
    ...(protocols !== "" && { [PROTOCOL]: protocols }),
  };
}

/** What a backend is told of the request that its client sent; what another proxy told us stands. */
export function forwardedHeaders({ headers, url }: Request): Record<string, string> {
  return {
    "x-forwarded-host": headers.get("x-forwarded-host") ?? headers.get("host") ?? "",
    "x-forwarded-proto": headers.get("x-forwarded-proto") ?? "https",
    "x-forwarded-uri": new URL(url).pathname,
  };
}

/** An answer's headers as they are handed back; `raw` is names and values in turn. */
export function returnedHeaders(raw: readonly string[]): Headers {
  const all = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) all.append(raw[at] ?? "", raw[at + 1] ?? "");
  for (const name of droppedOf(all)) all.delete(name);
  for (const name of [...all.keys()]) if (CORS.test(name)) all.delete(name);
  return all;
}

function droppedOf(headers: Headers): ReadonlySet<string> {
  const named = listed(headers.get("connection")).map((name) => name.toLowerCase());
  return new Set([...HOP_BY_HOP, ...named]);
}
