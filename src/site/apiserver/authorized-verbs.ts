import { accessTo } from "#api/access.ts";
import type { Item, WatchEvent } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
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
import type { Authorizer } from "./authorization/authorizer.ts";

/** The API as one user who calls it in process: each verb is authorized, as `serve` does for requests. */
export class AuthorizedVerbs implements Verbs {
  readonly #verbs: Verbs;
  readonly #user: UserInfo;
  readonly #authorizer: Authorizer;

  constructor(verbs: Verbs, { user, authorizer }: { user: UserInfo; authorizer: Authorizer }) {
    this.#verbs = verbs;
    this.#user = user;
    this.#authorizer = authorizer;
  }

  async get<T extends KubeObject>(target: NamedTarget<T>, options?: ReadOptions): Promise<Item<T>> {
    this.#authorize("get", target);
    return this.#verbs.get(target, options);
  }

  async list<T extends KubeObject>(
    target: Target<T>,
    options?: ListOptions,
  ): Promise<ListResult<T>> {
    this.#authorize("list", target);
    return this.#verbs.list(target, options);
  }

  async watch<T extends KubeObject>(
    target: Target<T>,
    options: WatchOptions & { readonly signal: AbortSignal },
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<Watch> {
    this.#authorize("watch", target);
    return this.#verbs.watch(target, options, onEvent);
  }

  async connect(target: NamedTarget, options: KubeObject): Promise<void> {
    await this.#verbs.connect?.(target, options);
  }

  async create<T extends KubeObject>(
    target: CreateTarget<T>,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Item> {
    this.#authorize("create", target);
    return this.#verbs.create(target, object, options);
  }

  async update<T extends KubeObject>(
    target: NamedTarget<T>,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Item> {
    this.#authorize("update", target);
    return this.#verbs.update(target, object, options);
  }

  async patch<T extends KubeObject>(
    target: NamedTarget<T>,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<Item> {
    this.#authorize("patch", target);
    return this.#verbs.patch(target, patch, options);
  }

  async delete<T extends KubeObject>(
    target: NamedTarget<T>,
    options?: DeleteOptions,
  ): Promise<DeleteResult<T>> {
    this.#authorize("delete", target);
    return this.#verbs.delete(target, options);
  }

  async deleteCollection<T extends KubeObject>(
    target: Target<T>,
    options?: DeleteOptions & ListOptions,
  ): Promise<ListResult<T>> {
    this.#authorize("deletecollection", target);
    return this.#verbs.deleteCollection(target, options);
  }

  #authorize(verb: string, target: Target): void {
    this.#authorizer.authorize(this.#user, accessTo(target, verb));
  }
}
