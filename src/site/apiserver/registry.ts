import { type Catalog, LiveCatalog } from "#api/catalog.ts";
import { RESOURCES } from "#api/resources.ts";
import type { UserInfo, Verbs } from "#api/verbs.ts";
import { type Logger, silentLogger } from "#lib/log.ts";
import type { Timer } from "#lib/timer.ts";
import { AdmissionChain } from "./admission/chain.ts";
import { admissionPlugins } from "./admission/plugins.ts";
import { Webhooks } from "./admission/webhooks/webhooks.ts";
import { AuthorizedVerbs } from "./authorized-verbs.ts";
import { Bookmarks } from "./bookmarks.ts";
import { Conversions } from "./conversion/conversions.ts";
import { serveCustomKinds } from "./custom-kinds.ts";
import { Lister } from "./list.ts";
import { ObjectTypes } from "./object-types.ts";
import { verbsOf } from "./quarantined.ts";
import { createSecurity, type Security, type SecurityOptions } from "./security.ts";
import { SharedFieldSets } from "./shared-field-sets.ts";
import { Snapshots } from "./snapshots.ts";
import type { Component } from "./strategies/component-statuses.ts";
import { DisruptionBudgets } from "./strategies/disruption-budgets.ts";
import { EventLimit } from "./strategies/event-limit.ts";
import { ServiceAllocators } from "./strategies/service-allocators.ts";
import { Strategies } from "./strategies/strategies.ts";
import { Writer } from "./writer.ts";

export interface RegistryOptions extends SecurityOptions {
  readonly timer: Timer;
  /** Says what nobody is told: a webhook that failed and was passed over. Default: nowhere. */
  readonly log?: Logger;
  /** IPv4 range of ClusterIPs: `10.43.0.0/16`. */
  readonly serviceCidr: string;
  /** What `componentstatuses` are of. Default: nothing. */
  readonly components?: readonly Component[];
}

/** The API over one store, as the users see it. */
export interface Registry {
  /** What it serves. */
  readonly catalog: Catalog;
  /** The API as one user who was let in: what he does is not authorized again. */
  as(user: UserInfo): Verbs;
  /** The API as one user: what he may not do is refused with 403. */
  authorizedAs(user: UserInfo): Verbs;
  readonly security: Security;
}

/** Makes the registry of a site; what is in the store already counts as allocated. */
export function createRegistry(options: RegistryOptions): Registry {
  const { store, clock, timer, signal, log = silentLogger } = options;
  const snapshots = new Snapshots({ clock, timer });
  signal.addEventListener("abort", () => snapshots.close(), { once: true });
  const catalog = new LiveCatalog(RESOURCES);
  const security = createSecurity(options);
  const { authorizer } = security;
  serveCustomKinds({ store, catalog, signal });
  const strategies = new Strategies({
    allocators: new ServiceAllocators({ store, cidr: options.serviceCidr, signal }),
    budgets: new DisruptionBudgets(store),
    eventLimit: new EventLimit(store),
    security,
    components: options.components ?? [],
  });
  const types = new ObjectTypes();
  const conversions = new Conversions(store);
  const deps = {
    store,
    clock,
    catalog,
    sets: new SharedFieldSets(),
    types,
    authorizer,
    writer: new Writer(store, strategies),
    lister: new Lister(store, snapshots),
    strategies,
    chain: new AdmissionChain(admissionPlugins({ store, catalog, authorizer, types, signal })),
    webhooks: new Webhooks({ store, catalog, authorizer, log, conversions }),
    conversions,
    log,
    watching: { store, catalog, bookmarks: new Bookmarks(timer), timer, signal },
  };
  const as = (user: UserInfo): Verbs => verbsOf(deps, user);
  return {
    catalog,
    as,
    authorizedAs: (user) => new AuthorizedVerbs(as(user), { user, authorizer }),
    security,
  };
}
