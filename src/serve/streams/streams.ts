import { badRequest, type StatusError } from "#api/status.ts";
import type { Logger } from "#lib/log.ts";
import type { Api, ApiOptions, Connection } from "../api-options.ts";
import { noted, notedSession } from "../audit/stages.ts";
import type { StreamCall } from "../stream-call.ts";
import { type ChannelProtocol, channelCommand } from "./channel-command.ts";
import { channelPortForward } from "./channel-port-forward.ts";
import { isWebSocketRequest, listed, offeredProtocols } from "./handshake.ts";
import { normalized } from "./remote-command.ts";
import { COMMAND_PROTOCOLS, spdyCommand } from "./spdy/spdy-command.ts";
import { PORT_FORWARD_PROTOCOL, spdyPortForward } from "./spdy/spdy-port-forward.ts";
import type { Upgrade } from "./stream-socket.ts";
import { WebSocketConnection } from "./web-socket.ts";

/** What becomes of a request for another protocol; `undefined` where a server behind can speak it. */
export type AnswerUpgrade = (
  request: Request,
  connection?: Connection,
) => Promise<Upgrade | Response | undefined>;

/** What a request that is not upgraded is told. */
const UPGRADE_REQUIRED = "Upgrade request required";

const SPDY = "spdy/3.1";
const TUNNEL = `SPDY/3.1+${PORT_FORWARD_PROTOCOL}`;

/** `Sec-WebSocket-Protocol` of the channel protocols, the best first. No protocol at all means v1. */
const CHANNEL_PROTOCOLS: Readonly<Record<string, ChannelProtocol>> = {
  "v5.channel.k8s.io": { version: 5, base64: false },
  "v4.channel.k8s.io": { version: 4, base64: false },
  "v4.base64.channel.k8s.io": { version: 4, base64: true },
  "v3.channel.k8s.io": { version: 3, base64: false },
  "v2.channel.k8s.io": { version: 2, base64: false },
  "channel.k8s.io": { version: 1, base64: false },
  "base64.channel.k8s.io": { version: 1, base64: true },
};

/**
 * Makes the `openStream` of `serve`: exec, attach and port-forward for a client that asks for a
 * WebSocket, on a server made with `webSocketHandler`. The answer of an upgraded request is a
 * placeholder that goes nowhere. Rejects with StatusError 400 where no protocol is common.
 */
export function webSocketStreams({ log }: { readonly log: Logger }): ApiOptions["openStream"] {
  return async (call, { server }) => {
    const { request } = call;
    if (!server || !isWebSocketRequest(request)) throw badRequest(UPGRADE_REQUIRED);
    const offered = offeredProtocols(request);
    const { protocol, connection } = openWebSocket(call, { offered, log });
    const headers = { ...(protocol && { "Sec-WebSocket-Protocol": protocol }) };
    if (!server.upgrade(request, { headers, data: connection })) throw badRequest(UPGRADE_REQUIRED);
    return new Response();
  };
}

/**
 * Makes the `answerUpgrade` of a front: what to do with a request that arrived with `Upgrade`, which
 * the API resolves like all others. What is proxied is another server's to speak, SPDY is spoken
 * here, and all else goes on. Never rejects: a refusal is a response.
 */
export function upgrades(
  api: Pick<Api, "resolveStream" | "upgradeProxied" | "errorResponse">,
  { log }: { readonly log: Logger },
): AnswerUpgrade {
  return async (request, connection) => {
    try {
      const proxied = await api.upgradeProxied(request, connection);
      if (proxied !== undefined) return proxied;
      if (request.headers.get("upgrade")?.toLowerCase() !== SPDY) return undefined;
      const call = await api.resolveStream(request, connection);
      return noted(openSpdy(call, log), call.audit);
    } catch (error) {
      return api.errorResponse(error);
    }
  };
}

function openWebSocket(
  call: StreamCall,
  { offered, log }: { readonly offered: readonly string[]; readonly log: Logger },
): { protocol: string | undefined; connection: WebSocketConnection } {
  const { stream, streams: node, audit } = call;
  if (stream.kind === "portforward" && offered.includes(TUNNEL)) {
    const start = spdyPortForward({ node, target: stream, log });
    const connection = new WebSocketConnection(notedSession(start, audit), { text: false });
    return { protocol: TUNNEL, connection };
  }
  const protocol = Object.keys(CHANNEL_PROTOCOLS).find((one) => offered.includes(one));
  if (!protocol && offered.length > 0) throw noCommonProtocol(offered);
  const channel = CHANNEL_PROTOCOLS[protocol ?? "channel.k8s.io"] ?? { version: 1, base64: false };
  const { base64 } = channel;
  const start =
    stream.kind === "portforward"
      ? channelPortForward({ node, target: stream, ports: stream.ports, base64, log })
      : channelCommand({ node, request: normalized(stream), log }, channel);
  const connection = new WebSocketConnection(notedSession(start, audit), { text: base64 });
  return { protocol, connection };
}

function openSpdy({ request, stream, streams: node }: StreamCall, log: Logger): Upgrade {
  const offered = listed(request.headers.get("x-stream-protocol-version"));
  const headers = new Headers({ connection: "Upgrade", upgrade: "SPDY/3.1" });
  if (stream.kind === "portforward") {
    if (offered.length > 0 && !offered.includes(PORT_FORWARD_PROTOCOL)) {
      throw noCommonProtocol(offered);
    }
    const start = spdyPortForward({ node, target: stream, log });
    headers.set("x-stream-protocol-version", PORT_FORWARD_PROTOCOL);
    return { headers, start };
  }
  const protocol = COMMAND_PROTOCOLS.find((one) => offered.includes(one));
  if (!protocol && offered.length > 0) throw noCommonProtocol(offered);
  // Clients from before the negotiation speak the first protocol and expect no answer about it.
  const start = spdyCommand(
    { node, request: normalized(stream), log },
    protocol ?? "channel.k8s.io",
  );
  if (protocol) headers.set("x-stream-protocol-version", protocol);
  return { headers, start };
}

function noCommonProtocol(offered: readonly string[]): StatusError {
  return badRequest(`unable to upgrade: none of [${offered.join(" ")}] is spoken here`);
}
