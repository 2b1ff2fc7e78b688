import { badRequest, StatusError } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import { callWebhook } from "./call.ts";
import { CallFailure, internalFailure } from "./errors.ts";
import type { Concerned } from "./hook.ts";
import { selectorsMatch } from "./match.ts";
import type { ReviewRequest, Versions } from "./request.ts";
import { reviewOf, type Verdict, verdictOf } from "./review.ts";
import { servedBy } from "./versions.ts";

const SAFE_SIDE_EFFECTS: ReadonlySet<string | undefined> = new Set(["None", "NoneOnDryRun"]);

interface AskingOptions {
  readonly store: ObjectStore;
  readonly log: Logger;
}

/** Asks webhooks about one request. */
export class Asking {
  readonly request: ReviewRequest;
  readonly #options: AskingOptions;

  constructor(options: AskingOptions, request: ReviewRequest) {
    this.request = request;
    this.#options = options;
  }

  /**
   * What a webhook says of the versions; undefined where its selectors leave them out, or where it
   * could not be asked and its policy lets that pass.
   * @throws StatusError its denial, or why it could not be asked.
   */
  async ask(
    concerned: Concerned,
    { versions, mutating }: { versions: Versions; mutating: boolean },
  ): Promise<Verdict | undefined> {
    const { hook } = concerned;
    const { request } = this;
    const { store, log } = this.#options;
    if (!selectorsMatch(hook, { request, versions, store })) return undefined;
    if (request.admission.dryRun && !SAFE_SIDE_EFFECTS.has(hook.sideEffects)) {
      throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
    }
    try {
      const verdict = await this.#call(concerned, { versions, mutating });
      for (const warning of verdict.warnings) request.admission.warn(warning);
      return verdict;
    } catch (error) {
      if (error instanceof StatusError) throw error;
      if (!hook.isOpen) throw internalFailure(explain(error));
      log.warn("a webhook failed, and its policy lets that pass", { error: explain(error) });
      return undefined;
    }
  }

  async #call(
    { hook, row }: Concerned,
    { versions, mutating }: { versions: Versions; mutating: boolean },
  ): Promise<Verdict> {
    const { version } = hook;
    if (version === undefined) {
      throw new CallFailure(
        hook.name,
        "webhook does not accept known AdmissionReview versions (v1, v1beta1)",
      );
    }
    const { request } = this;
    const shown = {
      object: versions.object && servedBy(row, { from: request, object: versions.object }),
      oldObject: versions.oldObject && servedBy(row, { from: request, object: versions.oldObject }),
    };
    const review = reviewOf(request, { row, version, versions: shown });
    const answer = await callWebhook(this.#options.store, hook, review);
    return verdictOf(answer, { hook, uid: review.request.uid, mutating });
  }
}
