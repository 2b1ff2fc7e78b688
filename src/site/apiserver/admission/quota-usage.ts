import type { Amounts } from "#api/amounts.ts";
import { type KubeObject, nameOf, namespaceOf, type ResourceQuota } from "#api/object.ts";
import type { Quantity } from "#api/quantity.ts";
import type { QuotaMeter } from "#api/quota/meter.ts";
import type { Resource } from "#api/resource.ts";
import { RESOURCE_QUOTAS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Admission } from "../admission.ts";
import { follow } from "../follow.ts";
import { collectionOf, itemOf } from "../kind.ts";

interface QuotaUsageOptions {
  readonly store: ObjectStore;
  readonly meter: QuotaMeter;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** A write that was admitted and is not answered yet. */
export interface Admitted {
  readonly admission: Admission;
  readonly resource: Resource;
  /** As it is to be stored. */
  readonly object: KubeObject;
}

/** What the committed objects of one kind use of one quota. */
interface Tally {
  readonly spec: ResourceQuota["spec"];
  readonly quota: ResourceQuota;
  /** Changes up to this resourceVersion are counted. */
  readonly since: number;
  readonly total: Map<string, Quantity>;
}

/** What is followed of one kind. */
interface Followed {
  /** By namespace, then by the quota's name. */
  readonly tallies: Map<string, Map<string, Tally>>;
  /** By namespace, then by the object's name: who is about to write it, in order, and what. */
  readonly pending: Map<string, Map<string, Map<Admission, KubeObject>>>;
  /** By namespace, then by name: what may soon be charged no more. */
  readonly leaving: Map<string, Map<string, KubeObject>>;
}

/**
 * What quotas are used by: counted once, then kept with every change that is committed, and with the
 * writes that were admitted and are not committed yet. What a write costs does not depend on how
 * much there is in its namespace.
 */
export class QuotaUsage {
  readonly #options: QuotaUsageOptions;
  readonly #followed = new Map<string, Followed>();

  constructor(options: QuotaUsageOptions) {
    this.#options = options;
    const { store, signal } = options;
    follow(store, RESOURCE_QUOTAS, {
      signal,
      onChange: (next, previous) => {
        if (next === undefined && previous !== undefined) this.#forget(previous);
      },
    });
  }

  /** What a quota is used by objects of a kind, that of `admission`'s own write apart. */
  used(quota: ResourceQuota, resource: Resource, admission: Admission): Amounts {
    const followed = this.#follow(resource);
    const total = new Map(this.#tally(followed, quota, resource).total);
    const namespace = namespaceOf(quota);
    for (const [name, writes] of followed.pending.get(namespace) ?? []) {
      const last = [...writes].findLast(([by]) => by !== admission)?.[1];
      if (last === undefined) continue;
      const visible = this.#options.store.get({
        collection: collectionOf(resource),
        namespace,
        name,
      });
      this.#add(total, { quota, resource, object: last });
      if (visible)
        this.#subtract(total, { quota, resource, object: itemOf(resource, visible).value });
    }
    for (const object of followed.leaving.get(namespace)?.values() ?? []) {
      this.#subtract(total, { quota, resource, object });
      this.#add(total, { quota, resource, object, now: admission.now });
    }
    return total;
  }

  /** Counts a write from now on, until it is answered. */
  reserve({ admission, resource, object }: Admitted): void {
    const { pending } = this.#follow(resource);
    const writes = writesOf(pending, object);
    const isKnown = writes.has(admission);
    writes.set(admission, object);
    if (isKnown) return;
    const release = (): void => {
      writes.delete(admission);
      if (writes.size > 0) return;
      pending.get(namespaceOf(object))?.delete(nameOf(object));
    };
    admission.onCommit(release);
    admission.onRollback(release);
  }

  #follow(resource: Resource): Followed {
    const collection = collectionOf(resource);
    const known = this.#followed.get(collection);
    if (known !== undefined) return known;
    const { store, signal } = this.#options;
    const made: Followed = { tallies: new Map(), pending: new Map(), leaving: new Map() };
    const mayLapse = this.#options.meter.kind(resource).lapse !== undefined;
    for (const { value } of mayLapse ? store.list(collection).items : []) noteLeaving(made, value);
    this.#followed.set(collection, made);
    const subscription = store.subscribe(
      collection,
      store.resourceVersion,
      ({ type, item }, previous) => {
        if (mayLapse) noteLeaving(made, item.value, type === "DELETED");
        const version = Number(item.value.metadata?.resourceVersion ?? 0);
        for (const tally of made.tallies.get(namespaceOf(item.value))?.values() ?? []) {
          if (version <= tally.since) continue;
          const { quota, total } = tally;
          if (type !== "DELETED") this.#add(total, { quota, resource, object: item.value });
          if (previous) this.#subtract(total, { quota, resource, object: previous.value });
        }
      },
    );
    signal.addEventListener("abort", () => subscription.close(), { once: true });
    return made;
  }

  #tally({ tallies }: Followed, quota: ResourceQuota, resource: Resource): Tally {
    const namespace = namespaceOf(quota);
    const own = tallies.get(namespace) ?? new Map<string, Tally>();
    tallies.set(namespace, own);
    const known = own.get(nameOf(quota));
    // A status that is told does not change what is limited.
    if (known !== undefined && Bun.deepEquals(known.spec, quota.spec)) return known;
    const { store, meter } = this.#options;
    const { items, resourceVersion } = store.list(collectionOf(resource), namespace);
    const objects = items.map((item) => itemOf(resource, item).value);
    const total = new Map(meter.total(quota, { resource, objects }));
    const made: Tally = { spec: quota.spec, quota, since: resourceVersion, total };
    own.set(nameOf(quota), made);
    return made;
  }

  #forget(quota: ResourceQuota): void {
    for (const { tallies } of this.#followed.values())
      tallies.get(namespaceOf(quota))?.delete(nameOf(quota));
  }

  #add(total: Map<string, Quantity>, counted: Counted): void {
    for (const [name, amount] of this.#amounts(counted)) {
      const sum = total.get(name);
      if (sum !== undefined) total.set(name, sum.plus(amount));
    }
  }

  #subtract(total: Map<string, Quantity>, counted: Counted): void {
    for (const [name, amount] of this.#amounts(counted)) {
      const sum = total.get(name);
      if (sum !== undefined) total.set(name, sum.minus(amount));
    }
  }

  #amounts({ quota, object, ...rest }: Counted): Amounts {
    return this.#options.meter.total(quota, { ...rest, objects: [object] });
  }
}

interface Counted {
  readonly quota: ResourceQuota;
  readonly resource: Resource;
  readonly object: KubeObject;
  /** What should be gone by then counts for what is left of it. */
  readonly now?: Date;
}

function noteLeaving({ leaving }: Followed, object: KubeObject, isGone = false): void {
  const namespace = namespaceOf(object);
  const known = leaving.get(namespace) ?? new Map<string, KubeObject>();
  const isLeaving = !isGone && object.metadata?.deletionTimestamp !== undefined;
  if (isLeaving) leaving.set(namespace, known.set(nameOf(object), object));
  else if (known.delete(nameOf(object)) && known.size === 0) leaving.delete(namespace);
}

function writesOf(pending: Followed["pending"], object: KubeObject): Map<Admission, KubeObject> {
  const namespace = namespaceOf(object);
  const ofNamespace = pending.get(namespace) ?? new Map<string, Map<Admission, KubeObject>>();
  pending.set(namespace, ofNamespace);
  const writes = ofNamespace.get(nameOf(object)) ?? new Map<Admission, KubeObject>();
  ofNamespace.set(nameOf(object), writes);
  return writes;
}
