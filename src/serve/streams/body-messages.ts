import { badRequest } from "#api/status.ts";
import type { Connection } from "../api-options.ts";
import { isWebSocketRequest, offeredProtocols } from "./handshake.ts";
import type { StartSession, StreamSocket } from "./stream-socket.ts";
import { WebSocketConnection } from "./web-socket.ts";

/** How the body of an answer is cut into messages: events line by line, a log as it comes. */
type MessageForm = "lines" | "bytes";

interface OverWebSocket {
  readonly request: Request;
  readonly server: Connection["server"] | undefined;
  readonly form: MessageForm;
}

const NORMAL_CLOSURE = 1000;
const NEWLINE = 0x0a;
/** `Sec-WebSocket-Protocol` of logs; bytes when there is none. */
const BINARY = "binary.k8s.io";
const BASE64 = "base64.binary.k8s.io";

/**
 * Gives an answer to a client that asked for it over a WebSocket, or as it is to all others. The
 * answer of an upgraded request is a placeholder that goes nowhere.
 *
 * @throws StatusError 400 where no protocol is common.
 */
export function overWebSocket(
  response: Response,
  { request, server, form }: OverWebSocket,
): Response {
  if (!server || !isWebSocketRequest(request)) return response;
  const protocol = agreed(offeredProtocols(request), form);
  const base64 = protocol === BASE64;
  const start = form === "lines" ? lineMessages(response) : byteMessages(response, base64);
  const data = new WebSocketConnection(start, { text: base64 || form === "lines" });
  const headers = protocol === undefined ? {} : { "Sec-WebSocket-Protocol": protocol };
  if (!server.upgrade(request, { headers, data })) throw badRequest("Upgrade request required");
  return new Response();
}

/** Events have one form only, whatever a client calls it. */
function agreed(offered: readonly string[], form: MessageForm): string | undefined {
  if (offered.length === 0) return undefined;
  const protocol =
    form === "lines" ? offered[0] : offered.find((one) => one === BINARY || one === BASE64);
  if (protocol !== undefined) return protocol;
  throw badRequest(`unable to upgrade: none of [${offered.join(" ")}] is spoken here`);
}

function lineMessages({ body }: Response): StartSession {
  let rest: Uint8Array = new Uint8Array();
  return messages(body, async (bytes, socket) => {
    let pending = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (let end = pending.indexOf(NEWLINE); end >= 0; end = pending.indexOf(NEWLINE)) {
      await socket.send(pending.subarray(0, end + 1));
      pending = pending.subarray(end + 1);
    }
    rest = pending;
  });
}

function byteMessages({ body }: Response, base64: boolean): StartSession {
  return messages(
    body,
    async (bytes, socket) => {
      await socket.send(base64 ? Buffer.from(Buffer.from(bytes).toString("base64")) : bytes);
    },
    true,
  );
}

/** `greets`: an empty message tells the client that the stream stands. */
function messages(
  body: Response["body"],
  send: (bytes: Uint8Array, socket: StreamSocket) => Promise<void>,
  greets = false,
): StartSession {
  return (socket) => {
    const reader = body?.getReader();
    const pump = async (): Promise<void> => {
      if (greets) await socket.send(new Uint8Array());
      for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
        await send(part.value, socket);
      }
    };
    // A body that fails ends early; there is no other way to say so.
    void pump()
      .catch(() => undefined)
      .finally(() => socket.end(NORMAL_CLOSURE));
    return {
      received: () => undefined,
      closed: () => void reader?.cancel().catch(() => undefined),
    };
  };
}
