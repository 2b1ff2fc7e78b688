import type { Upgrade } from "#serve/streams/stream-socket.ts";

/** An agreement to switch protocols that nobody has taken up yet. */
export interface Handover {
  readonly upgrade: Upgrade;
  /** Aborts what the agreement holds, where nothing comes of it. */
  readonly gone: AbortController;
}

/** RFC 9110 §15.5.20: this server cannot answer on this connection. */
const MISDIRECTED = 421;
const STATUS_LINE = `HTTP/1.1 ${MISDIRECTED} `;
const HEADER = "x-edgesite-handover";
const TICKET = new RegExp(`\\r\\n${HEADER}: ([0-9a-f-]{36})\\r\\n`, "i");
/** An answer with a ticket is at its relay in the next turns of the event loop, or never. */
const CLAIM_MS = 5000;

/**
 * What a server behind the front agreed to and cannot do itself: to give a connection to another
 * protocol. It answers with a ticket that can be used once; the relay that carries the answer takes
 * the agreement up, and the client never sees it. Only that server says where a request on a
 * connection begins: no byte of a body is taken for one.
 */
export class Handovers {
  readonly #waiting = new Map<string, Handover>();

  /** The answer that stands for an agreement. */
  offer(handover: Handover): Response {
    const ticket = crypto.randomUUID();
    this.#waiting.set(ticket, handover);
    const forget = setTimeout(() => {
      if (this.#waiting.delete(ticket)) handover.gone.abort();
    }, CLAIM_MS);
    forget.unref();
    return new Response(null, { status: MISDIRECTED, headers: { [HEADER]: ticket } });
  }

  /** The agreement that an answer of HTTP/1.1 stands for; `undefined` where it is just an answer. */
  take(answer: Buffer): Handover | undefined {
    if (this.#waiting.size === 0) return undefined;
    if (answer.toString("latin1", 0, STATUS_LINE.length) !== STATUS_LINE) return undefined;
    const ticket = TICKET.exec(answer.toString("latin1"))?.[1] ?? "";
    const handover = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    return handover;
  }
}
