import { Item, type WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { applyPatch } from "#api/patch/apply-patch.ts";
import { notFound, unknownResource, unlessNotFound } from "#api/status.ts";
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
import { checkKind, checkNamed, checkSameObject, viewOf } from "./changed-object.ts";
import { admitConnection } from "./connection.ts";
import { definitionOf, itemOf, keyOf, stored, storedRow, subjectOf } from "./kind.ts";
import { askedObject } from "./new-object.ts";
import { ObjectWrites } from "./object-writes.ts";
import { observation } from "./observation.ts";
import { reachVersion } from "./reach-version.ts";
import {
  checkListOptions,
  checkWatchOptions,
  isContinued,
  isExact,
  readVersion,
} from "./resource-versions.ts";
import type { Changing, Rewriting } from "./rewriting.ts";
import { deletedStatus } from "./success.ts";
import type { VerbsDeps } from "./verbs-deps.ts";
import { startWatch } from "./watch.ts";

/** The API as one user who was let in: what he may do was decided before. */
export class UserVerbs implements Verbs {
  readonly #deps: VerbsDeps;
  readonly #writes: ObjectWrites;

  constructor(deps: VerbsDeps, user: UserInfo) {
    this.#deps = deps;
    this.#writes = new ObjectWrites(deps, user);
  }

  async get<T extends KubeObject>(
    given: NamedTarget<T>,
    { resourceVersion }: ReadOptions = {},
  ): Promise<Item<T>> {
    const target = this.#served(given);
    const observed = observation(this.#deps.strategies, target);
    if (observed !== undefined) return observed.one(target.name);
    readVersion(resourceVersion);
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
    checkListOptions(options);
    const observed = observation(this.#deps.strategies, target);
    if (observed !== undefined) return observed.all(options);
    if (!(isExact(options) || isContinued(options))) {
      await reachVersion(this.#deps.watching, target, options.resourceVersion);
    }
    return this.#deps.lister.list(target, options);
  }

  async watch<T extends KubeObject>(
    given: Target<T>,
    options: WatchOptions & { readonly signal: AbortSignal },
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<Watch> {
    const target = this.#served(given);
    checkWatchOptions(options);
    if (options.sendInitialEvents) {
      await reachVersion(this.#deps.watching, target, options.resourceVersion);
    }
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
      return this.#writes.act(
        { ...stored(target), name: name ?? "", subresource },
        object,
        options,
      );
    }
    const { answer, does } = this.#deps.strategies.of(resource);
    if (does) {
      const name = object.metadata?.name ?? "";
      const { to, subresource } = does;
      const acted = { resource: to, namespace: target.namespace, name, subresource };
      return this.#writes.act(acted, object, options);
    }
    if (answer)
      return new Item(answer(askedObject(target, object), this.#writes.admission(options)));
    return itemOf(resource, await this.#writes.create(target, object, options));
  }

  async update<T extends KubeObject>(
    given: NamedTarget<T>,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<Item> {
    const target = this.#served(given);
    checkNamed(target, object);
    const change: Changing = (_shown, { parent }) => {
      if (parent) checkSameObject(target, object, parent);
      return object;
    };
    const rewriting: Rewriting = { change, kind: "UpdateOptions" };
    const written = storedRow(target.resource).createsOnUpdate
      ? this.#writes.rewriteOrCreate(target, options, rewriting)
      : this.#writes.rewrite(target, options, rewriting);
    return this.#shown(target, await written);
  }

  async patch<T extends KubeObject>(
    given: NamedTarget<T>,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<Item> {
    const target = this.#served(given);
    const { fieldValidation = "Ignore", warn } = options;
    const { type } = patch;
    if (type === "apply") {
      const change: Changing = (shown, at) => at.fields.apply({ shown, parent: at.parent }, patch);
      const rewriting: Rewriting = { change, kind: "PatchOptions" };
      return this.#shown(target, await this.#writes.rewriteOrCreate(target, options, rewriting));
    }
    const change: Changing = (shown) => {
      const of = { definition: definitionOf(target), current: shown, fieldValidation };
      const patched = applyPatch({ ...of, patch: { ...patch, type } });
      for (const warning of patched.warnings) warn?.(warning);
      checkNamed(target, patched.object);
      checkKind(target, patched.object);
      return patched.object;
    };
    const rewriting: Rewriting = { change, kind: "PatchOptions" };
    return this.#shown(target, await this.#writes.rewrite(target, options, rewriting));
  }

  async delete<T extends KubeObject>(
    given: NamedTarget<T>,
    options: DeleteOptions = {},
  ): Promise<DeleteResult<T>> {
    const target = this.#served(given);
    const { resource, name } = target;
    const result = await this.#writes.delete(target, options);
    if ("kept" in result) return { kept: itemOf(resource, result.kept) };
    const gone = itemOf(resource, result.gone);
    return { gone, status: deletedStatus({ resource: stored(target).resource, name }, gone.value) };
  }

  async deleteCollection<T extends KubeObject>(
    given: Target<T>,
    options: DeleteOptions & ListOptions = {},
  ): Promise<ListResult<T>> {
    const target = this.#served(given);
    const { resource } = target;
    const listed = this.#deps.lister.list(target, options);
    await Promise.all(
      listed.items.map(async (item) => {
        const { name = "", namespace = "" } = item.value.metadata ?? {};
        await this.#writes.delete({ resource, namespace, name }, options).catch(unlessNotFound);
      }),
    );
    return listed;
  }

  async connect(given: NamedTarget, object: KubeObject): Promise<void> {
    const target = this.#served(given);
    await admitConnection(this.#deps, { target, object, admission: this.#writes.admission({}) });
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
}
