import { headEnd, MAX_HEAD_BYTES } from "./request-head.ts";
import { withStandIn } from "./stand-in-method.ts";

/** What was sent to an HTTP/1.1 server since it last answered, as long as that may be a request's head. */
export class UnansweredRequests {
  #sent: Buffer[] = [];
  #bytes = 0;

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= MAX_HEAD_BYTES) this.#sent.push(bytes);
    else this.#sent = [];
  }

  /** True where what comes next is the beginning of a request. */
  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** True where a whole head was sent, and has no answer yet. */
  get hasRequest(): boolean {
    return this.#bytes > MAX_HEAD_BYTES || headEnd(Buffer.concat(this.#sent)) >= 0;
  }

  answered(): void {
    if (this.#bytes === 0) return;
    this.#sent = [];
    this.#bytes = 0;
  }

  /** The same with a method that the server takes, where the method is why it hung up. */
  retry(): Buffer | undefined {
    const requests = Buffer.concat(this.#sent);
    this.answered();
    return withStandIn(requests);
  }
}
