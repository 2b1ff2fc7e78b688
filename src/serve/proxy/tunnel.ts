import type { Duplex } from "node:stream";
import type { StartSession, Upgrade } from "../streams/stream-socket.ts";
import type { Backend } from "./backend.ts";
import { endWith, exchange } from "./exchange.ts";
import { answerOf } from "./forward.ts";
import { passedHeaders, returnedHeaders } from "./headers.ts";

/**
 * Hands a request for another protocol on to a backend. Where that switches, the connection is the
 * backend's from then on; where it does not, its answer is the answer.
 * @throws StatusError 503 where the backend cannot be reached.
 */
export async function tunnel(
  request: Request,
  backend: Backend,
  signals: readonly AbortSignal[],
): Promise<Upgrade | Response> {
  const sent = { ...passedHeaders(request, { upgrade: true }), ...backend.headers };
  const { method } = request;
  const exchanged = await exchange(backend, { method, headers: sent, body: null, signals });
  const { message } = exchanged;
  if (exchanged.kind === "answer") return answerOf(message, { request, backend });
  const { socket, head } = exchanged;
  // It is closed next.
  socket.on("error", () => undefined);
  endWith(signals, socket);
  const headers = returnedHeaders(message.rawHeaders);
  headers.set("connection", "Upgrade");
  headers.set("upgrade", message.headers.upgrade ?? "");
  return { headers, start: relay(socket, head) };
}

/** Both ways as fast as the slower side takes it; when one side is done both are. */
function relay(backend: Duplex, head: Uint8Array): StartSession {
  return (client) => {
    const pass = (bytes: Uint8Array): void => {
      const full = client.send(bytes);
      if (!full) return;
      backend.pause();
      void full.then(() => backend.resume());
    };
    if (head.length > 0) pass(head);
    backend.on("data", pass);
    backend.once("end", () => client.end());
    backend.once("close", () => client.end());
    return {
      received: (bytes) => {
        if (backend.write(bytes)) return;
        client.pause();
        backend.once("drain", () => client.resume());
      },
      closed: () => void backend.destroy(),
    };
  };
}
