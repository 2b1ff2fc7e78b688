import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import type { Front } from "./front/front.ts";
import type { Pki } from "./pki.ts";

/** How long after a renewal failed it is tried again. */
const RETRY_MS = 30_000;

export interface ServingCertificateOptions {
  /** What there is at the start. */
  readonly pki: Pki;
  /** New keys, where those that are served should no longer be; looks, and writes nothing, where they are right. */
  readonly renewed: (current: Pki) => Pki | undefined;
  /** What the machine is called now. */
  readonly hostName: () => string;
  /** Calls back after the machine has got other addresses. */
  readonly onAddresses: (listener: () => void) => Disposable;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
}

type Shown = Pick<Front, "replaceCertificate">;

/**
 * What the API server shows of itself, renewed while it runs: when the machine's addresses change,
 * and when somebody connects and its name has changed or two thirds of the certificate's time are
 * over. Nothing looks while nobody is there.
 */
export class ServingCertificate {
  readonly #options: ServingCertificateOptions;
  #pki: Pki;
  #hostName: string;
  #front: Shown | undefined;
  /** Why it could not be renewed, as the log has it. */
  #problem = "";
  #cancelCheck: (() => void) | undefined;

  constructor(options: ServingCertificateOptions) {
    this.#options = options;
    this.#pki = options.pki;
    this.#hostName = options.hostName();
  }

  get current(): Pki {
    return this.#pki;
  }

  /** Keeps what a front shows right until `signal` aborts; its connections from then on see what is new. */
  keep(front: Shown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#front = front;
    const watch = this.#options.onAddresses(() => this.#checkSoon(0));
    const end = (): void => {
      watch[Symbol.dispose]();
      this.#front = undefined;
      this.#cancelCheck?.();
    };
    signal.addEventListener("abort", end, { once: true });
    // What changed before anybody listened.
    this.#checkSoon(0);
  }

  /** Somebody connects: costs a microsecond where nothing is to be done. */
  onConnection(): void {
    const { hostName, clock } = this.#options;
    const isDue = clock.now() >= this.#pki.renewAfter;
    if (isDue || hostName() !== this.#hostName) this.#checkSoon(0);
  }

  /** One check at a time is due; a failed one is not hurried. */
  #checkSoon(delayMs: number): void {
    if (this.#front === undefined || this.#cancelCheck !== undefined) return;
    this.#cancelCheck = this.#options.timer.after(delayMs, () => {
      this.#cancelCheck = undefined;
      this.#check();
    });
  }

  #check(): void {
    const { renewed, hostName, log } = this.#options;
    try {
      const name = hostName();
      const next = renewed(this.#pki);
      this.#hostName = name;
      this.#problem = "";
      if (next === undefined) return;
      this.#pki = next;
      this.#front?.replaceCertificate({
        certificate: next.certificate,
        key: next.key,
        clientCa: next.ca,
      });
      log.info("The API server shows its new certificate.", { notAfter: next.notAfter });
    } catch (error) {
      const problem = String(error);
      if (problem !== this.#problem)
        log.error("Cannot renew the API server's certificate; trying again", { error });
      this.#problem = problem;
      this.#checkSoon(RETRY_MS);
    }
  }
}
