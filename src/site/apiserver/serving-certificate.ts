import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import type { Front } from "./front/front.ts";
import type { Pki } from "./pki.ts";

/** Addresses come and go by the dozen when a link comes up. */
const SETTLE_MS = 500;
/** How long after a renewal failed it is tried again. */
const RETRY_MS = 30_000;

export interface ServingCertificateOptions {
  /** What there is at the start. */
  readonly pki: Pki;
  /** New keys, where those that are served should no longer be; looks, and writes nothing, where they are right. */
  readonly renewed: (current: Pki) => Pki | undefined;
  /** What the machine is called now. */
  readonly hostName: () => string;
  /** Calls back when the machine has other addresses. */
  readonly watchAddresses: (onChange: () => void) => Promise<Disposable>;
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
  async keep(front: Shown, signal: AbortSignal): Promise<void> {
    const { watchAddresses, log } = this.#options;
    if (signal.aborted) return;
    this.#front = front;
    const resources = new DisposableStack();
    resources.defer(() => {
      this.#front = undefined;
      this.#cancelCheck?.();
    });
    signal.addEventListener("abort", () => resources.dispose(), { once: true });
    try {
      const watch = await watchAddresses(() => this.#checkSoon(SETTLE_MS));
      if (resources.disposed) return watch[Symbol.dispose]();
      resources.use(watch);
      // What changed before anybody watched.
      this.#checkSoon(SETTLE_MS);
    } catch (error) {
      log.warn("New addresses get into the API server's certificate at its next start only", {
        error,
      });
    }
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
