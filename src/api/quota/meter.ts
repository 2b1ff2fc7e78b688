import type { Amounts } from "../amounts.ts";
import type { KubeObject, ResourceQuota } from "../object.ts";
import { Quantity } from "../quantity.ts";
import type { Resource } from "../resource.ts";
import { inScope } from "./scopes.ts";
import { type QuotaKind, quotaKind } from "./usage.ts";

interface Measured {
  readonly resource: Resource;
  readonly objects: Iterable<KubeObject>;
  readonly now?: Date;
}

/** Measures what objects use for quotas; a version that was measured once is not measured again. */
export class QuotaMeter {
  readonly #kinds = new Map<string, QuotaKind>();
  readonly #usage = new WeakMap<KubeObject, Amounts>();

  /** The names that `quota` limits and that are about this kind. */
  names(quota: ResourceQuota, resource: Resource): ReadonlySet<string> {
    const kind = this.kind(resource);
    return new Set(Object.keys(quota.spec?.hard ?? {}).filter((name) => kind.counts(name)));
  }

  kind({ group, plural }: Pick<Resource, "group" | "plural">): QuotaKind {
    const key = `${group}/${plural}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const made = quotaKind({ group, plural });
    this.#kinds.set(key, made);
    return made;
  }

  /** What one object uses. It must not change any more. */
  usage(resource: Resource, object: KubeObject): Amounts {
    const known = this.#usage.get(object);
    if (known !== undefined) return known;
    const measured = this.kind(resource).usage(object);
    this.#usage.set(object, measured);
    return measured;
  }

  /** The first of the objects that will not be charged any more, after `now`: when, since 1970. */
  nextLapseMs(resource: Resource, objects: Iterable<KubeObject>, now: Date): number | undefined {
    const { lapse } = this.kind(resource);
    if (lapse === undefined) return undefined;
    const times = [...objects].map((object) => lapse(object)?.atMs ?? 0);
    const coming = times.filter((ms) => ms >= now.getTime());
    return coming.length === 0 ? undefined : Math.min(...coming);
  }

  /**
   * What those of the objects use that are in the scope of `quota`, by the names that it limits.
   * Objects that should be gone by `now` count for what is left of them; without it for all.
   */
  total(quota: ResourceQuota, { resource, objects, now }: Measured): Amounts {
    const total = new Map<string, Quantity>();
    for (const name of this.names(quota, resource)) total.set(name, Quantity.zero);
    if (total.size === 0) return total;
    const counts = inScope(quota, resource);
    for (const object of objects) {
      if (!counts(object)) continue;
      const lapse = now && this.kind(resource).lapse?.(object);
      const isOver = lapse !== undefined && now !== undefined && lapse.atMs < now.getTime();
      const usage = isOver ? lapse.left : this.usage(resource, object);
      for (const [name, sum] of total) {
        const own = usage.get(name);
        if (own !== undefined) total.set(name, sum.plus(own));
      }
    }
    return total;
  }
}
