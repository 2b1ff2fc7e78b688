import { Item } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { hasReason, QUARANTINED, StatusError, type Subject } from "#api/status.ts";
import type {
  CreateTarget,
  DeleteOptions,
  DeleteResult,
  NamedTarget,
  Patch,
  ReadOptions,
  UserInfo,
  Verbs,
  WriteOptions,
} from "#api/verbs.ts";
import { ConvertingVerbs, type MakeVerbs } from "./conversion/converting-verbs.ts";
import { keyOf, objectOf } from "./kind.ts";
import { deletedStatus } from "./success.ts";
import { UserVerbs } from "./user-verbs.ts";
import type { VerbsDeps } from "./verbs-deps.ts";

/** The API as one user, over a store some of whose rows may be in quarantine. */
export function verbsOf(deps: VerbsDeps, user: UserInfo): Verbs {
  const make: MakeVerbs = deps.store.hasQuarantine
    ? (parts) => new DamagedStoreVerbs(parts, user)
    : (parts) => new UserVerbs(parts, user);
  return new ConvertingVerbs(deps, make);
}

/**
 * What is in quarantine is not simply absent: reads and changes of it say so, as the apiserver does
 * of an object that etcd holds damaged, so that nobody takes its dependents for orphans. DELETE
 * lets it go and a new object may take its place.
 */
class DamagedStoreVerbs extends UserVerbs {
  readonly #deps: VerbsDeps;

  constructor(deps: VerbsDeps, user: UserInfo) {
    super(deps, user);
    this.#deps = deps;
  }

  override get<T extends KubeObject>(
    target: NamedTarget<T>,
    options?: ReadOptions,
  ): Promise<Item<T>> {
    return this.#orUnreadable(target, super.get(target, options));
  }

  override create<T extends KubeObject>(
    target: CreateTarget<T>,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Item> {
    const { name } = target;
    const created = super.create(target, object, options);
    return name === undefined ? created : this.#orUnreadable({ ...target, name }, created);
  }

  override update<T extends KubeObject>(
    target: NamedTarget<T>,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Item> {
    return this.#orUnreadable(target, super.update(target, object, options));
  }

  override patch<T extends KubeObject>(
    target: NamedTarget<T>,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<Item> {
    return this.#orUnreadable(target, super.patch(target, patch, options));
  }

  override async delete<T extends KubeObject>(
    target: NamedTarget<T>,
    options: DeleteOptions = {},
  ): Promise<DeleteResult<T>> {
    try {
      return await super.delete(target, options);
    } catch (error) {
      const why = this.#whyUnreadable(target, error);
      if (why === undefined) throw error;
      return await this.#discard(target, options, why);
    }
  }

  /** Nobody can be asked for finalizers or grace, and no watcher ever saw it. */
  async #discard<T extends KubeObject>(
    target: NamedTarget<T>,
    { dryRun = false, preconditions }: DeleteOptions,
    why: string,
  ): Promise<DeleteResult<T>> {
    const { resource, namespace, name } = target;
    const subject = { resource, name };
    if (preconditions !== undefined) throw unreadable(subject, why);
    if (!dryRun) await this.#deps.store.discard(keyOf(target, name));
    const last = { metadata: { name, ...(namespace !== "" && { namespace }) } };
    const status = deletedStatus(subject, last);
    return { gone: new Item(objectOf(resource, last)), status };
  }

  async #orUnreadable<R>(target: NamedTarget, answer: Promise<R>): Promise<R> {
    try {
      return await answer;
    } catch (error) {
      const why = this.#whyUnreadable(target, error);
      throw why === undefined ? error : unreadable(target, why);
    }
  }

  #whyUnreadable(target: NamedTarget, error: unknown): string | undefined {
    if (!hasReason(error, "NotFound")) return undefined;
    return this.#deps.store.quarantined(keyOf(target, target.name));
  }
}

function unreadable({ resource, name }: Subject, why: string): StatusError {
  const message = `the row of ${resource.plural} "${name}" cannot be read and is in quarantine: ${why}. Delete the object, or create it anew`;
  return new StatusError(`Internal error occurred: ${message}`, {
    code: 500,
    reason: "InternalError",
    details: { causes: [{ message, reason: QUARANTINED }] },
  });
}
