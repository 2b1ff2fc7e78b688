import { accessTo } from "#api/access.ts";
import { Item, type WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { applyPatch } from "#api/patch/apply-patch.ts";
import { apiVersionOf } from "#api/resource.ts";
import { alreadyExists, hasReason, notFound, unknownResource } from "#api/status.ts";
import type {
  CreateTarget,
  DeleteOptions,
  DeleteResult,
  ListOptions,
  ListResult,
  NamedTarget,
  Patch,
  ReadOptions,
  Target,
  UserInfo,
  Verbs,
  Watch,
  WatchOptions,
  WriteOptions,
} from "#api/verbs.ts";
import { act } from "./act.ts";
import { mutated } from "./admission/webhooks/mutated.ts";
import { shownDeleteOptions, shownOptions } from "./admission/webhooks/options.ts";
import type { ReviewRequest } from "./admission/webhooks/request.ts";
import type { Review } from "./admission/webhooks/reviewing.ts";
import { Admission } from "./admission.ts";
import {
  changedAs,
  changedDraft,
  changedObject,
  checkNamed,
  newlyNamed,
  viewOf,
} from "./changed-object.ts";
import { admitConnection } from "./connection.ts";
import { deletionOf, isFinished } from "./deletion.ts";
import { FieldManager } from "./field-manager.ts";
import {
  definitionOf,
  itemOf,
  keyOf,
  servedForm,
  stored,
  storedForm,
  storedRow,
  subjectOf,
} from "./kind.ts";
import { askedObject, asSent, namespaceRequired, newDraft, newObject } from "./new-object.ts";
import { reachVersion } from "./reach-version.ts";
import { reviewedWrite, type Steps } from "./reviewed-write.ts";
import type { Changing, Rewriting } from "./rewriting.ts";
import { actionDone, deletedStatus } from "./success.ts";
import type { VerbsDeps } from "./verbs-deps.ts";
import { startWatch } from "./watch.ts";
import type { Decision, Write } from "./writer.ts";

/** A generated name that is taken is tried again this often. */
const NAME_ATTEMPTS = 8;

/** The API as one user who was let in: what he may do was decided before. */
export class UserVerbs implements Verbs {
  readonly #deps: VerbsDeps;
  readonly #user: UserInfo;

  constructor(deps: VerbsDeps, user: UserInfo) {
    this.#deps = deps;
    this.#user = user;
  }

  async get<T extends KubeObject>(
    given: NamedTarget<T>,
    { resourceVersion }: ReadOptions = {},
  ): Promise<Item<T>> {
    const target = this.#served(given);
    await reachVersion(this.#deps.watching, target, resourceVersion);
    const item = this.#deps.store.get(keyOf(target, target.name));
    if (item === undefined) throw notFound(subjectOf(stored(target), target.name));
    return this.#shown(target, item);
  }

  async list<T extends KubeObject>(
    given: Target<T>,
    options: ListOptions = {},
  ): Promise<ListResult<T>> {
    const target = this.#served(given);
    await reachVersion(this.#deps.watching, target, options.resourceVersion);
    return this.#deps.lister.list(target, options);
  }

  async watch<T extends KubeObject>(
    given: Target<T>,
    options: WatchOptions & { readonly signal: AbortSignal },
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<Watch> {
    const target = this.#served(given);
    return startWatch(this.#deps.watching, { target, options }, onEvent);
  }

  async create<T extends KubeObject>(
    given: CreateTarget<T>,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<Item> {
    const target = this.#served(given);
    const { resource, name, subresource } = target;
    if (subresource !== undefined) {
      return this.#act({ ...stored(target), name: name ?? "", subresource }, object, options);
    }
    const { answer } = this.#deps.strategies.of(resource);
    if (answer) return new Item(answer(askedObject(target, object), this.#admission(options)));
    for (let attempt = 1; ; attempt++) {
      try {
        return itemOf(resource, await this.#createOnce(target, options, () => object));
      } catch (error) {
        const generated = (object.metadata?.name ?? "") === "";
        const again = generated && attempt < NAME_ATTEMPTS && hasReason(error, "AlreadyExists");
        if (!again) throw error;
      }
    }
  }

  async update<T extends KubeObject>(
    given: NamedTarget<T>,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<Item> {
    const target = this.#served(given);
    checkNamed(target, object);
    const rewriting: Rewriting = { change: () => object, kind: "UpdateOptions" };
    return storedRow(target.resource).createsOnUpdate
      ? this.#rewriteOrCreate(target, options, rewriting)
      : this.#rewrite(target, options, rewriting);
  }

  async patch<T extends KubeObject>(
    given: NamedTarget<T>,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<Item> {
    const target = this.#served(given);
    const { fieldValidation = "Ignore", warn } = options;
    const { type, body } = patch;
    if (type === "apply") {
      const change: Changing = (shown, at) => at.fields.apply({ shown, parent: at.parent }, patch);
      return this.#rewriteOrCreate(target, options, { change, kind: "PatchOptions" });
    }
    const change: Changing = (shown) => {
      const of = { definition: definitionOf(target), current: shown, fieldValidation };
      const patched = applyPatch({ ...of, patch: { type, body } });
      for (const warning of patched.warnings) warn?.(warning);
      return patched.object;
    };
    return this.#rewrite(target, options, { change, kind: "PatchOptions" });
  }

  async delete<T extends KubeObject>(
    given: NamedTarget<T>,
    options: DeleteOptions = {},
  ): Promise<DeleteResult<T>> {
    const target = this.#served(given);
    const { resource } = target;
    const result = await this.#delete(target, options);
    return "kept" in result
      ? { kept: itemOf(resource, result.kept) }
      : { ...result, gone: itemOf(resource, result.gone) };
  }

  async deleteCollection<T extends KubeObject>(
    given: Target<T>,
    options: DeleteOptions & ListOptions = {},
  ): Promise<ListResult<T>> {
    const target = this.#served(given);
    const { resource } = target;
    const listed = this.#deps.lister.list(target, options);
    const items = await Promise.all(
      listed.items.map(async (item) => {
        const { name = "", namespace = "" } = item.value.metadata ?? {};
        try {
          const result = await this.#delete({ resource, namespace, name }, options);
          return itemOf(resource, "kept" in result ? result.kept : result.gone);
        } catch (error) {
          if (hasReason(error, "NotFound")) return item;
          throw error;
        }
      }),
    );
    return { ...listed, items };
  }

  async connect(given: NamedTarget, object: KubeObject): Promise<void> {
    const target = this.#served(given);
    await admitConnection(this.#deps, { target, object, admission: this.#admission({}) });
  }

  async #createOnce(
    given: CreateTarget,
    options: WriteOptions,
    sentBy: (fields: FieldManager) => KubeObject,
  ): Promise<Item> {
    const { strategies, writer, chain } = this.#deps;
    const target = stored(given);
    const { resource, namespace } = target;
    const admission = this.#admission(options);
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
              shown: (draft) => asSent(shown(draft), object),
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
        if (current !== undefined) throw alreadyExists({ resource, name });
        return { put: made };
      });
    } finally {
      // What was set aside for an object that was refused before it came to the store.
      admission.settle("nothing");
    }
  }

  /** A write that makes the object where there is none. */
  async #rewriteOrCreate(
    target: NamedTarget,
    options: WriteOptions,
    rewriting: Rewriting,
  ): Promise<Item> {
    const { resource, name, subresource } = target;
    const isThere = this.#deps.store.newest(keyOf(target, name)) !== undefined;
    if (isThere || subresource !== undefined) return this.#rewrite(target, options, rewriting);
    this.#deps.authorizer.authorize(this.#user, accessTo(target, "create"));
    const empty = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    try {
      const made = await this.#createOnce(target, options, (fields) => {
        const sent = rewriting.change(empty, { fields, parent: undefined });
        return newlyNamed(target, sent);
      });
      options.onCreate?.();
      return itemOf(resource, made);
    } catch (error) {
      if (!hasReason(error, "AlreadyExists")) throw error;
      return this.#rewrite(target, options, rewriting);
    }
  }

  /** Replaces an object, or the part that a subresource shows, by what `change` makes of it. */
  async #rewrite<T extends KubeObject>(
    target: NamedTarget<T>,
    options: WriteOptions,
    { change, kind }: Rewriting,
  ): Promise<Item> {
    const { strategies, chain } = this.#deps;
    const { name, subresource } = target;
    const own = stored(target);
    const { resource } = own;
    const strategy = strategies.of(resource);
    const admission = this.#admission(options);
    const fields = this.#fields(target, admission);
    const parts = { target: own, strategy, admission, chain, fields };
    const rewriteOf = (current: KubeObject) => ({ ...parts, current });
    const shown = (object: KubeObject): KubeObject =>
      subresource === undefined ? object : viewOf(rewriteOf(object), subresource).read(object);
    const draftOf = (current: KubeObject, made: Changing): KubeObject => {
      const sent = changedAs(target.resource, { shown: shown(current), current }, (seen) =>
        made(seen, { fields, parent: current }),
      );
      return changedDraft(rewriteOf(current), sent);
    };
    const decisionOn = (next: KubeObject, current: KubeObject): Decision<KubeObject> => {
      if (next === current) return "keep";
      chain.validate({ operation: "UPDATE", target: own, object: next, current, admission });
      if (!isFinished(next, strategy)) return { put: next };
      admission.onCommit(() => strategy.release?.(next));
      return { remove: next };
    };
    const served = (object: KubeObject): KubeObject =>
      subresource === undefined ? servedForm(target.resource, object) : shown(object);
    const item = await this.#write(
      { resource, key: keyOf(own, name), admission },
      {
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
          if (next !== current) {
            chain.validate({ operation: "UPDATE", target: own, object: next, current, admission });
            await review.validate({ object: served(next), oldObject });
          }
          return () => decisionOn(next, current);
        },
      },
      this.#review(target, "UPDATE", { admission, options: shownOptions(kind, options) }),
    );
    return this.#shown(target, item);
  }

  async #act(
    target: NamedTarget & { readonly subresource: string },
    sent: KubeObject,
    options: WriteOptions,
  ): Promise<Item> {
    const action = this.#deps.strategies.of(target.resource).actions?.[target.subresource];
    if (action === undefined) throw unknownResource();
    const dryRun = (options.dryRun ?? false) || (action.isDryRun?.(sent) ?? false);
    const admission = this.#admission({ ...options, dryRun });
    const shown = { admission, options: shownOptions("CreateOptions", options) };
    const review = this.#review(target, "CREATE", shown);
    const answer = await act(this.#deps, { target, sent, action, admission, review });
    return answer === undefined ? actionDone() : new Item(answer);
  }

  async #delete<T extends KubeObject>(
    given: NamedTarget<T>,
    options: DeleteOptions,
  ): Promise<DeleteResult> {
    const { strategies, chain } = this.#deps;
    const target = stored(given);
    const { resource, name } = target;
    const subject = { resource, name };
    const strategy = strategies.of(resource);
    const admission = this.#admission(options);
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
    const item = await this.#write(
      { resource, key: keyOf(target, name), admission },
      {
        subject,
        decide,
        async review(review, current) {
          const versions = { oldObject: servedForm(given.resource, current) };
          await review.mutate(versions);
          await review.validate(versions);
          return decide;
        },
      },
      this.#review(given, "DELETE", { admission, options: shownDeleteOptions(options) }),
    );
    return removed ? { gone: item, status: deletedStatus(subject, item.value) } : { kept: item };
  }

  async #write<T extends KubeObject>(
    write: Write<T>,
    steps: Steps<T>,
    review: Review | undefined,
  ): Promise<Item<T>> {
    return await reviewedWrite(this.#deps, { write, steps, review });
  }

  /** The webhooks that are to be asked about a write, if there are any. */
  #review(
    target: CreateTarget,
    operation: ReviewRequest["operation"],
    rest: Pick<ReviewRequest, "admission" | "options">,
  ): Review | undefined {
    return this.#deps.webhooks.reviewOf({ name: "", ...target, operation, ...rest });
  }

  /** A stored item as the caller sees it. */
  #shown<T extends KubeObject>(target: NamedTarget<T>, item: Item): Item<T>;
  #shown<T extends KubeObject>(target: NamedTarget<T>, item: Item): Item {
    const { resource, subresource } = target;
    if (subresource === undefined) return itemOf(resource, item);
    const own = stored(target);
    const strategy = this.#deps.strategies.of(own.resource);
    const shown = viewOf({ target: own, strategy }, subresource).read(item.value);
    return shown === item.value ? itemOf(resource, item) : new Item(shown);
  }

  /** The target with the row that is served now. */
  #served<G extends Target>(given: G): G {
    const resource = this.#deps.catalog.current(given.resource);
    if (resource === undefined) throw unknownResource();
    return resource === given.resource ? given : { ...given, resource };
  }

  #fields(
    { resource: served, subresource = "" }: Target & { subresource?: string },
    admission: Admission,
  ): FieldManager {
    const { sets, types, catalog } = this.#deps;
    const options = { served, rows: catalog.resources, subresource, admission, sets, types };
    return new FieldManager(options);
  }

  #admission(options: Pick<WriteOptions, "dryRun" | "warn" | "fieldManager">): Admission {
    return new Admission({ user: this.#user, now: this.#deps.clock.now(), options });
  }
}
