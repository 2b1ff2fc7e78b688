import { accessTo } from "#api/access.ts";
import { Item } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { apiVersionOf } from "#api/resource.ts";
import { hasReason, unknownResource } from "#api/status.ts";
import type {
  CreateTarget,
  DeleteOptions,
  NamedTarget,
  Target,
  UserInfo,
  WriteOptions,
} from "#api/verbs.ts";
import { act } from "./act.ts";
import { mutated } from "./admission/webhooks/mutated.ts";
import { shownDeleteOptions, shownOptions } from "./admission/webhooks/options.ts";
import type { ReviewRequest } from "./admission/webhooks/request.ts";
import type { Review } from "./admission/webhooks/reviewing.ts";
import { Admission } from "./admission.ts";
import { changedAs, changedDraft, changedObject, newlyNamed, viewOf } from "./changed-object.ts";
import { deletionOf, isFinished } from "./deletion.ts";
import { FieldManager } from "./field-manager.ts";
import { keyOf, servedForm, stored, storedForm, subjectOf } from "./kind.ts";
import {
  alreadyThere,
  asSent,
  checkUnversioned,
  namespaceRequired,
  newDraft,
  newObject,
} from "./new-object.ts";
import { reviewedWrite, type Steps } from "./reviewed-write.ts";
import type { Changing, Rewriting } from "./rewriting.ts";
import { actionDone } from "./success.ts";
import type { VerbsDeps } from "./verbs-deps.ts";
import type { Decision } from "./writer.ts";

/** A generated name that is taken is tried again this often. */
const NAME_ATTEMPTS = 8;

/** What a DELETE did: the object that lives on, or the last version of what is gone. */
export type Removal = { readonly kept: Item } | { readonly gone: Item };

/**
 * The life of one user's writes: what was sent becomes a draft, is admitted and judged, shown to the
 * webhooks that are concerned, and decided against the newest version.
 */
export class ObjectWrites {
  readonly #deps: VerbsDeps;
  readonly #user: UserInfo;

  constructor(deps: VerbsDeps, user: UserInfo) {
    this.#deps = deps;
    this.#user = user;
  }

  /** What one write knows and sets aside; the caller settles it. */
  admission(options: Pick<WriteOptions, "dryRun" | "warn" | "fieldManager" | "timed">): Admission {
    return new Admission({ user: this.#user, now: this.#deps.clock.now(), options });
  }

  /**
   * Creates an object; another generated name is tried where one is taken.
   * @throws StatusError where it may not be, 409 where it is there already.
   */
  async create(target: CreateTarget, object: KubeObject, options: WriteOptions): Promise<Item> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#createOnce(target, options, () => object);
      } catch (error) {
        const generated = (object.metadata?.name ?? "") === "";
        const again = generated && attempt < NAME_ATTEMPTS && hasReason(error, "AlreadyExists");
        if (!again) throw error;
      }
    }
  }

  async #createOnce(
    given: CreateTarget,
    options: WriteOptions,
    sentBy: (fields: FieldManager) => KubeObject,
  ): Promise<Item> {
    const { strategies, writer, chain } = this.#deps;
    const target = stored(given);
    const { resource, namespace } = target;
    const admission = this.admission(options);
    const fields = this.#fields(given, admission);
    const creation = { target, strategy: strategies.of(resource), admission, chain, fields };
    const object = sentBy(fields);
    if (resource.namespaced && namespace === "") throw namespaceRequired(target);
    const draftOf = (sent: KubeObject): KubeObject =>
      newDraft(creation, storedForm(given.resource, sent));
    try {
      const first = draftOf(object);
      const { name: asked = "" } = object.metadata ?? {};
      const review = this.#review({ ...given, name: asked }, "CREATE", {
        admission,
        options: shownOptions("CreateOptions", options),
      });
      const shown = (draft: KubeObject): KubeObject => servedForm(given.resource, draft);
      const draft =
        review === undefined
          ? first
          : await mutated(review, first, {
              shown: (draft) => asSent(shown(draft)),
              redraft: draftOf,
            });
      const made = newObject(creation, draft);
      const request = { operation: "CREATE", target, object: made, admission } as const;
      if (review !== undefined) {
        chain.validate(request);
        await review.validate({ object: shown(made) });
      }
      const name = made.metadata?.name ?? "";
      return await writer.write({ resource, key: keyOf(target, name), admission }, (current) => {
        chain.validate(request);
        if (!admission.dryRun) checkUnversioned(made);
        if (current !== undefined) throw alreadyThere({ resource, name }, current);
        return { put: made };
      });
    } finally {
      // What was set aside for an object that was refused before it came to the store.
      admission.settle("nothing");
    }
  }

  /** A write that makes the object where there is none. */
  async rewriteOrCreate(
    target: NamedTarget,
    options: WriteOptions,
    rewriting: Rewriting,
  ): Promise<Item> {
    const { resource, name, subresource } = target;
    const isThere = this.#deps.store.newest(keyOf(target, name)) !== undefined;
    if (isThere || subresource !== undefined) return this.rewrite(target, options, rewriting);
    this.#deps.authorizer.authorize(this.#user, accessTo(target, "create"));
    const empty = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    try {
      const made = await this.#createOnce(target, options, (fields) => {
        const sent = rewriting.change(empty, { fields, parent: undefined });
        return newlyNamed(target, sent);
      });
      options.onCreate?.();
      return made;
    } catch (error) {
      if (!hasReason(error, "AlreadyExists")) throw error;
      return this.rewrite(target, options, rewriting);
    }
  }

  /**
   * Replaces an object, or the part that a subresource shows, by what `change` makes of it; answers
   * what is stored then.
   * @throws StatusError 404 for none, 409 for another version than was meant, 422 for a broken rule.
   */
  async rewrite(
    target: NamedTarget,
    options: WriteOptions,
    { change, kind }: Rewriting,
  ): Promise<Item> {
    const { strategies, chain } = this.#deps;
    const { name, subresource } = target;
    const own = stored(target);
    const { resource } = own;
    const strategy = strategies.of(resource);
    const admission = this.admission(options);
    const fields = this.#fields(target, admission);
    const parts = { target: own, strategy, admission, chain, fields };
    const rewriteOf = (current: KubeObject) => ({ ...parts, current });
    const shown = (object: KubeObject): KubeObject =>
      subresource === undefined ? object : viewOf(rewriteOf(object), subresource).read(object);
    // A PUT looks at nothing, and may mend what cannot be shown.
    const before = (object: KubeObject): KubeObject => {
      if (subresource === undefined) return object;
      const view = viewOf(rewriteOf(object), subresource);
      if (kind === "UpdateOptions") return {};
      return view.start?.(object) ?? view.read(object);
    };
    const draftOf = (current: KubeObject, made: Changing): KubeObject => {
      const sent = changedAs(target.resource, { shown: before(current), current }, (seen) =>
        made(seen, { fields, parent: current }),
      );
      return changedDraft(rewriteOf(current), sent);
    };
    const decisionOn = (next: KubeObject, current: KubeObject): Decision<KubeObject> => {
      // What changes nothing is judged like any other write.
      chain.validate({ operation: "UPDATE", target: own, object: next, current, admission });
      if (next === current) return "keep";
      if (!isFinished(next, strategy)) return { put: next };
      admission.onCommit(() => strategy.release?.(next));
      return { remove: next };
    };
    const served = (object: KubeObject): KubeObject =>
      subresource === undefined ? servedForm(target.resource, object) : shown(object);
    const steps: Steps<KubeObject> = {
      subject: subjectOf({ resource }, name),
      decide: (current) =>
        decisionOn(changedObject(rewriteOf(current), draftOf(current, change)), current),
      async review(review, current) {
        const oldObject = served(current);
        const draft = await mutated(review, draftOf(current, change), {
          oldObject,
          shown: served,
          redraft: (sent) => draftOf(current, () => sent),
        });
        const next = changedObject(rewriteOf(current), draft);
        chain.validate({ operation: "UPDATE", target: own, object: next, current, admission });
        await review.validate({ object: served(next), oldObject });
        return () => decisionOn(next, current);
      },
    };
    const review = this.#review(target, "UPDATE", {
      admission,
      options: shownOptions(kind, options),
    });
    const write = { resource, key: keyOf(own, name), admission };
    return await reviewedWrite(this.#deps, { write, steps, review });
  }

  /** Does what POSTing to a subresource is there for; answers what came of it. */
  async act(
    target: NamedTarget & { readonly subresource: string },
    sent: KubeObject,
    options: WriteOptions,
  ): Promise<Item> {
    const action = this.#deps.strategies.of(target.resource).actions?.[target.subresource];
    if (action === undefined) throw unknownResource();
    const dryRun = (options.dryRun ?? false) || (action.isDryRun?.(sent) ?? false);
    const admission = this.admission({ ...options, dryRun });
    const shown = { admission, options: shownOptions("CreateOptions", options) };
    const review = this.#review(target, "CREATE", shown);
    const answer = await act(this.#deps, { target, sent, action, admission, review });
    return answer === undefined ? actionDone() : new Item(answer);
  }

  /**
   * Deletes an object, or begins to.
   * @throws StatusError 404 for none, 409 for another than was meant.
   */
  async delete(given: NamedTarget, options: DeleteOptions): Promise<Removal> {
    const { strategies, chain } = this.#deps;
    const target = stored(given);
    const { resource, name } = target;
    const subject = { resource, name };
    const strategy = strategies.of(resource);
    const admission = this.admission(options);
    let removed = false;
    const decide = (current: KubeObject): Decision<KubeObject> => {
      const request = { operation: "DELETE", target, current, admission } as const;
      chain.mutate(request);
      chain.validate(request);
      const decision = deletionOf({ current, subject, strategy, options, admission });
      removed = decision !== "keep" && "remove" in decision;
      if (removed) admission.onCommit(() => strategy.release?.(current));
      return decision;
    };
    const steps: Steps<KubeObject> = {
      subject,
      decide,
      async review(review, current) {
        const versions = { oldObject: servedForm(given.resource, current) };
        await review.mutate(versions);
        await review.validate(versions);
        return decide;
      },
    };
    const review = this.#review(given, "DELETE", {
      admission,
      options: shownDeleteOptions(options),
    });
    const write = { resource, key: keyOf(target, name), admission };
    const item = await reviewedWrite(this.#deps, { write, steps, review });
    return removed ? { gone: item } : { kept: item };
  }

  /** The webhooks that are to be asked about a write, if there are any. */
  #review(
    target: CreateTarget,
    operation: ReviewRequest["operation"],
    rest: Pick<ReviewRequest, "admission" | "options">,
  ): Review | undefined {
    return this.#deps.webhooks.reviewOf({ name: "", ...target, operation, ...rest });
  }

  #fields(
    { resource: served, subresource = "" }: Target & { subresource?: string },
    admission: Admission,
  ): FieldManager {
    const { sets, types, catalog } = this.#deps;
    const options = { served, rows: catalog.resources, subresource, admission, sets, types };
    return new FieldManager(options);
  }
}
