import type { LiveCatalog } from "#api/catalog.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import type { AdmissionChain } from "./admission/chain.ts";
import type { Webhooks } from "./admission/webhooks/webhooks.ts";
import type { Authorizer } from "./authorization/authorizer.ts";
import type { Conversions } from "./conversion/conversions.ts";
import type { Lister } from "./list.ts";
import type { ObjectTypes } from "./object-types.ts";
import type { SharedFieldSets } from "./shared-field-sets.ts";
import type { Strategies } from "./strategies/strategies.ts";
import type { WatcherDeps } from "./watch.ts";
import type { Writer } from "./writer.ts";

/** What the API of every user works on. */
export interface VerbsDeps {
  readonly catalog: LiveCatalog;
  readonly sets: SharedFieldSets;
  readonly types: ObjectTypes;
  /** For writes that turn out to be creates. */
  readonly authorizer: Authorizer;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly writer: Writer;
  readonly lister: Lister;
  readonly strategies: Strategies;
  readonly chain: AdmissionChain;
  readonly webhooks: Webhooks;
  readonly watching: WatcherDeps;
  readonly conversions: Conversions;
  readonly log: Logger;
}
