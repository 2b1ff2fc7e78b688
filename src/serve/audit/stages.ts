import type { StartSession, Upgrade } from "../streams/stream-socket.ts";
import type { RequestAudit } from "./request-audit.ts";

const SWITCHING_PROTOCOLS = 101;

/** Records an answer: at once, or where it goes on when it begins and when it ends. */
export function recorded(response: Response, audit: RequestAudit, goesOn: boolean): Response {
  const { status, headers, body } = response;
  if (audit.hasStarted) return response;
  if (!goesOn || body === null) {
    audit.complete(status);
    return response;
  }
  audit.started(status);
  const passed = untilEnd(body, () => audit.complete(status));
  return new Response(passed, { status, headers });
}

/** Records that a connection is another protocol's, until it is closed. */
export function noted(upgrade: Upgrade | Response, audit: RequestAudit | undefined) {
  if (audit === undefined) return upgrade;
  if (upgrade instanceof Response) {
    audit.complete(upgrade.status);
    return upgrade;
  }
  return { ...upgrade, start: notedSession(upgrade.start, audit) };
}

/** See `noted`. */
export function notedSession(start: StartSession, audit: RequestAudit | undefined): StartSession {
  if (audit === undefined) return start;
  audit.started(SWITCHING_PROTOCOLS);
  return (socket) => {
    const session = start(socket);
    return {
      received: (bytes) => session.received(bytes),
      closed: () => {
        session.closed();
        audit.complete(SWITCHING_PROTOCOLS);
      },
    };
  };
}

/** The same bytes; `ended` is called when they are over, or nobody wants more of them. */
function untilEnd(body: ReadableStream<Uint8Array>, ended: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        ended();
      },
      async cancel(reason) {
        ended();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
