import { type Amounts, amountsOf, amountsText, excessOf, masked, sumOf } from "#api/amounts.ts";
import { nameOf, type ResourceQuota } from "#api/object.ts";
import { Quantity } from "#api/quantity.ts";
import { QuotaMeter } from "#api/quota/meter.ts";
import { inScope, isTerminating } from "#api/quota/scopes.ts";
import { groupResource } from "#api/resource.ts";
import { PERSISTENT_VOLUME_CLAIMS, PODS, RESOURCE_QUOTAS, SERVICES } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf, objectOf } from "../kind.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "./plugin.ts";
import { QuotaUsage } from "./quota-usage.ts";

/** Kinds that no quota is about: they come and go by themselves. */
const IGNORED: ReadonlySet<string> = new Set(["events", "events.events.k8s.io"]);
/** Kinds that may use more after a change. */
const GROWING: ReadonlySet<string> = new Set(
  [SERVICES, PERSISTENT_VOLUME_CLAIMS].map(({ plural }) => plural),
);

interface ResourceQuotaOptions {
  readonly store: ObjectStore;
  /** Ends what is followed. */
  readonly signal: AbortSignal;
}

/**
 * A namespace takes no more than its ResourceQuotas allow. Usage is what the objects use that the
 * store has and is about to have: decided where the write is decided, it cannot be overdrawn.
 */
export function resourceQuota({ store, signal }: ResourceQuotaOptions): AdmissionPlugin {
  const meter = new QuotaMeter();
  const usage = new QuotaUsage({ store, meter, signal });
  return {
    subresources: ["resize"],
    validate(request) {
      const { namespace } = request.target;
      if (namespace === "" || request.operation === "DELETE" || !mayGrow(request)) return;
      const { items } = store.list(collectionOf(RESOURCE_QUOTAS), namespace);
      if (items.length === 0) return;
      const concerned = items.flatMap((item) =>
        concernOf(itemOf(RESOURCE_QUOTAS, item).value, { request, meter }),
      );
      // What cannot be measured is told before what is too much.
      for (const one of concerned) checkMeasurable(one, { request, meter });
      for (const one of concerned) check(one, { request, meter, usage });
      const { admission, object, target } = request;
      if (request.operation !== "CONNECT")
        usage.reserve({ admission, resource: target.resource, object });
    },
  };
}

function mayGrow(request: AdmissionRequest): boolean {
  const { operation, target, object, current } = request;
  const { resource, subresource } = target;
  const isPod = resource.group === "" && resource.plural === PODS.plural;
  if (subresource === "resize") return isPod && operation === "UPDATE";
  if (operation !== "UPDATE") return !IGNORED.has(groupResource(resource));
  if (isPod)
    return isTerminating(objectOf(PODS, object)) !== isTerminating(objectOf(PODS, current));
  return resource.group === "" && GROWING.has(resource.plural);
}

interface Checked {
  readonly request: Exclude<AdmissionRequest, { operation: "DELETE" }>;
  readonly meter: QuotaMeter;
  readonly usage: QuotaUsage;
}

/** A quota that a request counts for, and the names that it limits of the kind. */
interface Concern {
  readonly quota: ResourceQuota;
  readonly names: ReadonlySet<string>;
}

function concernOf(
  quota: ResourceQuota,
  { request: { target, object }, meter }: Omit<Checked, "usage">,
): Concern[] {
  const names = meter.names(quota, target.resource);
  return names.size > 0 && inScope(quota, target.resource)(object) ? [{ quota, names }] : [];
}

function checkMeasurable({ quota, names }: Concern, { request, meter }: Omit<Checked, "usage">) {
  const kind = meter.kind(request.target.resource);
  const missing = kind.missing?.(request.object, [...names]);
  if (missing !== undefined) throw refused(request, `failed quota: ${nameOf(quota)}: ${missing}`);
}

function check({ quota, names }: Concern, { request, meter, usage }: Checked): void {
  const { resource } = request.target;
  const { admission } = request;
  const requested = requestedBy(request, { quota, meter, names });
  if (requested.size === 0) return;

  const used = usage.used(quota, resource, admission);
  const hard = amountsOf(quota.spec?.hard);
  const exceeded = new Set(
    [...sumOf(masked(used, new Set(requested.keys())), requested)]
      .filter(([one, amount]) => amount.compare(hard.get(one) ?? amount) > 0)
      .map(([one]) => one),
  );
  if (exceeded.size === 0) return;
  const [asked, taken, limit] = [requested, used, hard].map((one) =>
    amountsText(masked(one, exceeded)),
  );
  throw refused(
    request,
    `exceeded quota: ${nameOf(quota)}, requested: ${asked}, used: ${taken}, limited: ${limit}`,
  );
}

/** What the object takes, or what a change takes more than its object did. */
function requestedBy(
  { target: { resource }, object, current }: Checked["request"],
  { quota, meter, names }: { quota: ResourceQuota; meter: QuotaMeter; names: ReadonlySet<string> },
): Amounts {
  const usage = masked(meter.kind(resource).usage(object), names);
  const counted = current !== undefined && inScope(quota, resource)(current);
  const requested = counted ? excessOf(usage, meter.usage(resource, current)) : usage;
  return new Map([...requested].filter(([, amount]) => amount.compare(Quantity.zero) !== 0));
}
