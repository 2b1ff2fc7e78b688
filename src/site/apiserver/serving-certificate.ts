import type { Logger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import type { Front } from "./front/front.ts";
import type { Pki } from "./pki.ts";

/** How soon a new address, a new host name or the end of a certificate's time is seen. */
const CHECK_MS = 30_000;

export interface ServingCertificateOptions {
  /** What there is at the start. */
  readonly pki: Pki;
  /** New keys, where those that are served should no longer be; looks, and writes nothing, where they are right. */
  readonly renewed: (current: Pki) => Pki | undefined;
  readonly timer: Timer;
  readonly log: Logger;
}

/** What the API server shows of itself, renewed while it runs. */
export class ServingCertificate {
  readonly #options: ServingCertificateOptions;
  #pki: Pki;
  /** Why it could not be renewed, as the log has it. */
  #problem = "";

  constructor(options: ServingCertificateOptions) {
    this.#options = options;
    this.#pki = options.pki;
  }

  get current(): Pki {
    return this.#pki;
  }

  /** Looks now and again until `signal` aborts; connections from then on see the new certificate. */
  keep(front: Pick<Front, "replaceCertificate">, signal: AbortSignal): void {
    if (signal.aborted) return;
    const cancel = this.#options.timer.after(CHECK_MS, () => {
      signal.removeEventListener("abort", cancel);
      this.#check(front);
      this.keep(front, signal);
    });
    signal.addEventListener("abort", cancel, { once: true });
  }

  #check(front: Pick<Front, "replaceCertificate">): void {
    const { renewed, log } = this.#options;
    try {
      const next = renewed(this.#pki);
      this.#problem = "";
      if (next === undefined) return;
      this.#pki = next;
      front.replaceCertificate({
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
    }
  }
}
