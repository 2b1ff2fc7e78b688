import type { NodeStreams } from "#api/node-streams.ts";
import type { Handler } from "../call.ts";
import { logRequestOf } from "../pod-streams.ts";

/** `pods/log`: plain text as the node gives it. */
export function logHandler(nodeStreams: Pick<NodeStreams, "logs">): Handler {
  return async (call) => {
    const request = await logRequestOf(call);
    if (request === undefined) return new Response(null, { status: 204 });
    const stream = await nodeStreams.logs(request, call.request.signal);
    return new Response(stream, { headers: { "Content-Type": "text/plain" } });
  };
}
