import { Budget } from "#api/cel/budget.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { badRequest, forbidden, internalFailure, StatusError } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { explain } from "#lib/errors.ts";
import type { Logger } from "#lib/log.ts";
import type { Authorizer } from "../../authorization/authorizer.ts";
import type { Conversions } from "../../conversion/conversions.ts";
import { callWebhook, WebhookCallError } from "../../webhook-call/call.ts";
import { requestBindings } from "../cel/bindings.ts";
import { ExpressionError } from "../cel/expression.ts";
import { CallFailure } from "./errors.ts";
import type { Concerned, Hook } from "./hook.ts";
import { selectorsMatch } from "./match.ts";
import type { ReviewRequest, Versions } from "./request.ts";
import { reviewOf, type Verdict, verdictOf } from "./review.ts";
import { failedOpenKey, type Turn } from "./turn.ts";
import { servedBy } from "./versions.ts";

/** cel-go's units for the conditions of one webhook (`RuntimeCELCostBudgetMatchConditions`). */
const CONDITIONS_COST = 2_500_000;
const USER_AGENT = "kube-apiserver-admission";
const SAFE_SIDE_EFFECTS: ReadonlySet<string | undefined> = new Set(["None", "NoneOnDryRun"]);

interface AskingOptions {
  readonly store: ObjectStore;
  readonly authorizer: Authorizer;
  readonly log: Logger;
  readonly conversions: Conversions;
}

/** Asks webhooks about one request. */
export class Asking {
  readonly request: ReviewRequest;
  readonly #options: AskingOptions;

  constructor(options: AskingOptions, request: ReviewRequest) {
    this.request = request;
    this.#options = options;
  }

  /** The same about an object that has got its name. */
  of(name: string): Asking {
    const { request } = this;
    if (request.name !== "" || name === "") return this;
    return new Asking(this.#options, { ...request, name });
  }

  /**
   * False where its selectors or its conditions leave the versions out.
   * @throws StatusError 403 where its conditions cannot be judged and it is not to be passed over.
   */
  async concerns(concerned: Concerned, versions: Versions): Promise<boolean> {
    const { request } = this;
    const { store } = this.#options;
    if (!selectorsMatch(concerned.hook, { request, versions, store })) return false;
    return await this.#conditionsHold(concerned, versions);
  }

  /**
   * What a webhook says of the versions; undefined where it could not be asked and its policy lets
   * that pass.
   * @throws StatusError its denial, or why it could not be asked.
   */
  async ask(
    concerned: Concerned,
    { versions, turn }: { versions: Versions; turn: Turn },
  ): Promise<Verdict | undefined> {
    const { hook } = concerned;
    const { request } = this;
    const { log } = this.#options;
    const mutating = turn.sort === "mutation";
    if (request.admission.dryRun && !SAFE_SIDE_EFFECTS.has(hook.sideEffects)) {
      throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
    }
    try {
      const verdict = await this.#call(concerned, { versions, mutating });
      for (const warning of verdict.warnings) request.admission.warn(warning);
      for (const [key, value] of verdict.annotations) {
        request.admission.annotate(`${hook.name}/${key}`, value);
      }
      if (verdict.refusal) throw verdict.refusal;
      return verdict;
    } catch (error) {
      if (error instanceof StatusError) throw error;
      if (!hook.isOpen) throw internalFailure(explain(error));
      request.admission.annotate(failedOpenKey(turn), hook.name);
      log.warn("a webhook failed, and its policy lets that pass", { error: explain(error) });
      return undefined;
    }
  }

  async #conditionsHold({ hook, row }: Concerned, versions: Versions): Promise<boolean> {
    if (hook.conditions.isEmpty) return true;
    const { request } = this;
    const { authorizer } = this.#options;
    const seen = await this.#shown(row, versions);
    const bindings = requestBindings(request, { row, versions: seen, authorizer });
    try {
      return hook.conditions.hold(bindings, new Budget(CONDITIONS_COST));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      if (hook.isOpen) return false;
      throw forbidden(request, { why: error.message });
    }
  }

  async #shown(row: Resource, { object, oldObject }: Versions): Promise<Versions> {
    const from = this.request;
    return {
      object: object && (await this.served(row, { from, object })),
      oldObject: oldObject && (await this.served(row, { from, object: oldObject })),
    };
  }

  /** An object of the request as another row of the same kind serves it. */
  served(row: Resource, of: Parameters<typeof servedBy>[1]): Promise<KubeObject> {
    return servedBy(row, of, this.#options.conversions);
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
    const shown = await this.#shown(row, versions);
    const review = reviewOf(this.request, { row, version, versions: shown });
    const answer = await this.#answerOf(hook, review);
    return verdictOf(answer, { hook, uid: review.request.uid, mutating });
  }

  async #answerOf(hook: Hook, review: object): Promise<unknown> {
    try {
      return await callWebhook(this.#options.store, { ...hook, userAgent: USER_AGENT }, review);
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error;
      const stage = error.wasCalled ? "failed to call webhook" : "could not get REST client";
      throw new CallFailure(hook.name, `${stage}: ${error.message}`);
    }
  }
}
