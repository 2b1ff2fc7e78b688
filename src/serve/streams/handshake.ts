/** How browsers send a token: they can set no other header of a WebSocket. */
const BEARER = "base64url.bearer.authorization.k8s.io.";

/** True for a request that asks to become a WebSocket. */
export function isWebSocketRequest({ headers }: Request): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** The protocols that a WebSocket client offers; a token is none of them. */
export function offeredProtocols({ headers }: Request): readonly string[] {
  return listed(headers.get("sec-websocket-protocol")).filter((one) => !one.startsWith(BEARER));
}

/**
 * The headers of a request with the token that came among the protocols of a WebSocket, where one
 * did and another protocol is offered beside it, as apiserver has it.
 */
export function withProtocolToken(request: Request): Headers {
  const { headers } = request;
  if (!isWebSocketRequest(request) || headers.has("authorization")) return headers;
  const offered = listed(headers.get("sec-websocket-protocol"));
  const [coded, ...others] = offered.filter((one) => one.startsWith(BEARER));
  if (coded === undefined || others.length > 0 || offered.length === 1) return headers;
  const token = Buffer.from(coded.slice(BEARER.length), "base64url").toString();
  const changed = new Headers(headers);
  if (/^[\x21-\x7e]+$/.test(token)) changed.set("authorization", `Bearer ${token}`);
  return changed;
}

/** The values of a header that may be given as a list or several times. */
export function listed(header: string | null): readonly string[] {
  return (header ?? "").split(",").flatMap((value) => value.trim() || []);
}
