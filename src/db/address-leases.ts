import type { GroupCommit } from "./group-commit.ts";
import type { Contents } from "./operation.ts";

/** Which pod has which address, kept across restarts. */
export class AddressLeases {
  readonly #commits: GroupCommit;
  readonly #pool: () => Iterable<string>;
  readonly #byUid: Map<string, string>;
  /** Addresses given back stay unused for as long as others are free: late packets find nobody. */
  readonly #returned = new Set<string>();
  readonly #pending = new Map<string, Promise<string>>();

  /** `pool`: all addresses there are, in the order in which they are given out. */
  constructor(
    commits: GroupCommit,
    { contents, pool }: { contents: Contents["addresses"]; pool: () => Iterable<string> },
  ) {
    this.#commits = commits;
    this.#pool = pool;
    this.#byUid = new Map(contents.map(({ uid, address }) => [uid, address]));
  }

  all(): ReadonlyMap<string, string> {
    return this.#byUid;
  }

  /**
   * The address of a pod: the same one for the same UID; on disk before it is answered.
   * @throws when no address is free.
   */
  lease(uid: string): Promise<string> {
    const known = this.#byUid.get(uid);
    const pending = this.#pending.get(uid);
    if (pending) return pending;
    if (known !== undefined) return Promise.resolve(known);
    const leased = this.#take(uid).finally(() => this.#pending.delete(uid));
    this.#pending.set(uid, leased);
    return leased;
  }

  async release(uid: string): Promise<void> {
    const address = this.#byUid.get(uid);
    if (address === undefined) return;
    // At once: whoever leases it from now on is written after this.
    this.#byUid.delete(uid);
    this.#returned.add(address);
    try {
      await this.#commits.commit([{ kind: "removeAddress", uid }]);
    } catch (error) {
      this.#returned.delete(address);
      if (!this.#byUid.has(uid)) this.#byUid.set(uid, address);
      throw error;
    }
  }

  async #take(uid: string): Promise<string> {
    const address = this.#free();
    this.#byUid.set(uid, address);
    try {
      await this.#commits.commit([{ kind: "putAddress", uid, address }]);
    } catch (error) {
      this.#byUid.delete(uid);
      throw error;
    }
    this.#returned.delete(address);
    return address;
  }

  #free(): string {
    const used = new Set(this.#byUid.values());
    for (const address of this.#pool()) {
      if (!used.has(address) && !this.#returned.has(address)) return address;
    }
    for (const address of this.#returned) if (!used.has(address)) return address;
    throw new Error(`No pod address is free: ${used.size} are in use`);
  }
}
