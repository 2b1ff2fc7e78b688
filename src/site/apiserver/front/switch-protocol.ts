import type { Logger } from "#lib/log.ts";
import type { FrontConnection } from "./front-connection.ts";
import type { Handover } from "./handovers.ts";

/** What a client sends while it is not decided what becomes of its connection. */
export function heldBack(client: FrontConnection, gone: AbortController): Buffer[] {
  const early: Buffer[] = [];
  const end = (): void => client.end();
  client.follow({
    received: (bytes) => void early.push(bytes),
    ended: end,
    closed: () => gone.abort(),
    stop: end,
  });
  return early;
}

/**
 * Answers 101 and gives the connection to the other protocol, with what the client sent already.
 * Never rejects.
 */
export async function switchProtocol(
  client: FrontConnection,
  { upgrade, gone, early }: Handover & { readonly early: readonly Buffer[] },
  log: Logger,
): Promise<void> {
  try {
    const head = `HTTP/1.1 101 Switching Protocols\r\n${fields(upgrade.headers)}\r\n`;
    await client.send(Buffer.from(head, "latin1"));
    if (!client.isOpen) return gone.abort();
    const session = upgrade.start(client);
    const end = (): void => client.end();
    client.follow({
      received: (bytes) => session.received(bytes),
      ended: end,
      closed: () => session.closed(),
      stop: end,
    });
    for (const bytes of early) if (bytes.length > 0) session.received(bytes);
    client.resume();
  } catch (error) {
    log.error("A connection could not be given to another protocol.", { error });
    gone.abort();
    client.end();
  }
}

/** Headers as they are sent, each cookie on a line of its own. */
export function fields(headers: Headers): string {
  return [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
}
