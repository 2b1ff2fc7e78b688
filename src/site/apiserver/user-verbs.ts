import type { LiveCatalog } from "#api/catalog.ts";
import type { CustomKind } from "#api/crd/custom-kind.ts";
import { required } from "#api/field-error.ts";
import { Item, type WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { applyPatch } from "#api/patch/apply-patch.ts";
import type { Resource } from "#api/resource.ts";
import { alreadyExists, hasReason, invalidObject, notFound, unknownResource } from "#api/status.ts";
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
import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import type { AdmissionChain } from "./admission/chain.ts";
import { Admission } from "./admission.ts";
import { changedDraft, changedObject, checkIdentity, viewOf } from "./changed-object.ts";
import { deletionOf, isFinished } from "./deletion.ts";
import { itemOf, keyOf, storedForm, storedRow, subjectOf } from "./kind.ts";
import type { Lister } from "./list.ts";
import { newDraft, newObject } from "./new-object.ts";
import { checkNotInFuture, parseResourceVersion } from "./resource-versions.ts";
import type { Strategies } from "./strategies/strategies.ts";
import { actionDone, deletedStatus } from "./success.ts";
import { startWatch, type WatcherDeps } from "./watch.ts";
import type { Decision, Writer } from "./writer.ts";

/** A generated name that is taken is tried again this often. */
const NAME_ATTEMPTS = 8;

export interface VerbsDeps {
  readonly catalog: LiveCatalog;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly writer: Writer;
  readonly lister: Lister;
  readonly strategies: Strategies;
  readonly chain: AdmissionChain;
  readonly watching: WatcherDeps;
}

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
    const { store } = this.#deps;
    checkNotInFuture(parseResourceVersion(resourceVersion), store.resourceVersion);
    const item = store.get(keyOf(target, target.name));
    if (item === undefined) throw notFound(subjectOf(stored(target), target.name));
    return this.#shown(target, item);
  }

  async list<T extends KubeObject>(
    given: Target<T>,
    options: ListOptions = {},
  ): Promise<ListResult<T>> {
    const target = this.#served(given);
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
    const sent = storedForm(resource, object);
    for (let attempt = 1; ; attempt++) {
      try {
        return itemOf(resource, await this.#createOnce(stored(target), sent, options));
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
    checkIdentity(target, object);
    return this.#rewrite(target, options, () => object);
  }

  async patch<T extends KubeObject>(
    given: NamedTarget<T>,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<Item> {
    const target = this.#served(given);
    const { fieldValidation = "Ignore", warn } = options;
    return this.#rewrite(target, options, (shown) => {
      const definition = definitionOf(target);
      const patched = applyPatch({ definition, patch, current: shown, fieldValidation });
      for (const warning of patched.warnings) warn?.(warning);
      return patched.object;
    });
  }

  async delete<T extends KubeObject>(
    given: NamedTarget<T>,
    options: DeleteOptions = {},
  ): Promise<DeleteResult<T>> {
    const target = this.#served(given);
    const { resource } = target;
    const result = await this.#delete(stored(target), options);
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
          const result = await this.#delete(stored({ resource, namespace, name }), options);
          return itemOf(resource, "kept" in result ? result.kept : result.gone);
        } catch (error) {
          if (hasReason(error, "NotFound")) return item;
          throw error;
        }
      }),
    );
    return { ...listed, items };
  }

  async #createOnce<T extends KubeObject>(
    target: CreateTarget<T>,
    sent: KubeObject,
    options: WriteOptions,
  ): Promise<Item<T>> {
    const { strategies, writer, chain } = this.#deps;
    const { resource, namespace } = target;
    const admission = this.#admission(options);
    const creation = { target, strategy: strategies.of(resource), admission, chain };
    if (resource.namespaced && namespace === "") throw namespaceRequired(target);
    try {
      const object = newObject(creation, newDraft(creation, sent));
      const name = object.metadata?.name ?? "";
      return await writer.write({ resource, key: keyOf(target, name), admission }, (current) => {
        chain.validate({ operation: "CREATE", target, object, admission });
        if (current !== undefined) throw alreadyExists({ resource, name });
        return { put: object };
      });
    } finally {
      // What was set aside for an object that was refused before it came to the store.
      admission.settle("nothing");
    }
  }

  /** Replaces an object, or the part that a subresource shows, by what `change` makes of it. */
  async #rewrite<T extends KubeObject>(
    target: NamedTarget<T>,
    options: WriteOptions,
    change: (shown: KubeObject) => KubeObject,
  ): Promise<Item> {
    const { strategies, writer, chain } = this.#deps;
    const { name, subresource } = target;
    const own = stored(target);
    const { resource } = own;
    const strategy = strategies.of(resource);
    const admission = this.#admission(options);
    const write = { resource, key: keyOf(own, name), admission };
    const item = await writer.write(write, (current): Decision<KubeObject> => {
      if (current === undefined) throw notFound(subjectOf({ resource }, name));
      const shown =
        subresource === undefined
          ? current
          : viewOf({ target: own, strategy }, subresource).read(current);
      const rewrite = { target: own, strategy, admission, chain, current };
      const sent = changed(target.resource, { shown, current }, change);
      const next = changedObject(rewrite, changedDraft(rewrite, sent));
      if (next === current) return "keep";
      chain.validate({ operation: "UPDATE", target: own, object: next, current, admission });
      if (!isFinished(next, strategy)) return { put: next };
      admission.onCommit(() => strategy.release?.(next));
      return { remove: next };
    });
    return this.#shown(target, item);
  }

  async #act<T extends KubeObject>(
    target: NamedTarget<T> & { readonly subresource: string },
    body: KubeObject,
    options: WriteOptions,
  ): Promise<Item> {
    const { strategies, writer, chain } = this.#deps;
    const { resource, name, subresource } = target;
    const strategy = strategies.of(resource);
    const action = strategy.actions?.[subresource];
    if (action === undefined) throw unknownResource();
    const dryRun = (options.dryRun ?? false) || (action.isDryRun?.(body) ?? false);
    const admission = this.#admission({ ...options, dryRun });
    await writer.write({ resource, key: keyOf(target, name), admission }, (current) => {
      if (current === undefined) throw notFound(subjectOf({ resource }, name));
      const request = { operation: "CREATE", target, object: body, admission } as const;
      chain.mutate<KubeObject>(request);
      chain.validate<KubeObject>(request);
      const result = action.apply(current, body, admission);
      if (!("delete" in result)) return { put: result };
      const { delete: deletion, from = current } = result;
      const subject = { resource, name };
      const decision = deletionOf({
        current: from,
        subject,
        strategy,
        options: deletion,
        admission,
      });
      if (!dryRun) result.alongside?.();
      return decision;
    });
    return actionDone();
  }

  async #delete<T extends KubeObject>(
    target: NamedTarget<T>,
    options: DeleteOptions,
  ): Promise<DeleteResult<T>> {
    const { strategies, writer, chain } = this.#deps;
    const { resource, name } = target;
    const subject = { resource, name };
    const strategy = strategies.of(resource);
    const admission = this.#admission(options);
    let removed = false;
    const write = { resource, key: keyOf(target, name), admission };
    const item = await writer.write(write, (current) => {
      if (current === undefined) throw notFound(subject);
      const request = { operation: "DELETE", target, current, admission } as const;
      chain.mutate(request);
      chain.validate(request);
      const decision = deletionOf({ current, subject, strategy, options, admission });
      removed = decision !== "keep" && "remove" in decision;
      if (removed) admission.onCommit(() => strategy.release?.(current));
      return decision;
    });
    return removed ? { gone: item, status: deletedStatus(subject, item.value) } : { kept: item };
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

  #admission(options: Pick<WriteOptions, "dryRun" | "warn">): Admission {
    return new Admission({ user: this.#user, now: this.#deps.clock.now(), options });
  }
}

/** The target as the store has it. */
function stored<T extends Target>(target: T): T & { readonly resource: Resource } {
  const { resource } = target;
  return resource.storedAs === undefined ? target : { ...target, resource: storedRow(resource) };
}

/** What `change` makes of an object, or of the part of it that is shown, both as `resource` serves them. */
function changed<T extends KubeObject>(
  resource: Resource<T>,
  { shown, current }: { shown: KubeObject; current: KubeObject },
  change: (shown: KubeObject) => KubeObject,
): KubeObject {
  const { storedAs } = resource;
  if (storedAs === undefined || shown !== current) return change(shown);
  return storedForm(resource, change(storedAs.fromStored(current)));
}

function definitionOf({ resource, subresource }: NamedTarget): string | CustomKind {
  const kind = resource.subresources.find(({ name }) => name === subresource)?.kind;
  if (kind === "Scale") return "io.k8s.api.autoscaling.v1.Scale";
  return resource.custom ?? resource.definition;
}

function namespaceRequired({ resource }: CreateTarget): Error {
  return invalidObject({ resource, name: "" }, [required("metadata.namespace")]);
}
