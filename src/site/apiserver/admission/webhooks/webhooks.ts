import type { Catalog } from "#api/catalog.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  MUTATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Logger } from "#lib/log.ts";
import type { Authorizer } from "../../authorization/authorizer.ts";
import type { Conversions } from "../../conversion/conversions.ts";
import { collectionOf } from "../../kind.ts";
import { Asking } from "./asking.ts";
import { type Concerned, type Hook, hooksOf } from "./hook.ts";
import { rowFor } from "./match.ts";
import type { ReviewRequest } from "./request.ts";
import { Review } from "./reviewing.ts";

const ADMISSION_GROUP = MUTATING_WEBHOOK_CONFIGURATIONS.group;

interface WebhooksOptions {
  readonly store: ObjectStore;
  readonly catalog: Catalog;
  readonly authorizer: Authorizer;
  readonly log: Logger;
  readonly conversions: Conversions;
}

/** The webhooks of the site, as their configurations in the store name them. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  /** By version of a configuration: they are read far more often than written. */
  readonly #hooks = new WeakMap<KubeObject, readonly Hook[]>();

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Those that are to be asked about a write; undefined, the usual case, where there are none. */
  reviewOf(request: ReviewRequest): Review | undefined {
    // What could lock everybody out is nobody's to refuse.
    if (request.resource.group === ADMISSION_GROUP) return undefined;
    const mutating = this.#concerned(MUTATING_WEBHOOK_CONFIGURATIONS, request);
    const validating = this.#concerned(VALIDATING_WEBHOOK_CONFIGURATIONS, request);
    if (mutating.length === 0 && validating.length === 0) return undefined;
    const asking = new Asking(this.#options, request);
    return new Review({ asking, mutating, validating });
  }

  #concerned(configurations: Resource, request: ReviewRequest): readonly Concerned[] {
    const { store, catalog } = this.#options;
    const { items } = store.list(collectionOf(configurations));
    const hooks = items.flatMap(({ value }) => this.#hooksOf(value));
    return hooks.flatMap((hook, index) => {
      const row = rowFor(hook, request, catalog);
      return row === undefined ? [] : { hook, row, index };
    });
  }

  #hooksOf(configuration: KubeObject): readonly Hook[] {
    const known = this.#hooks.get(configuration);
    if (known !== undefined) return known;
    const made = hooksOf(configuration);
    this.#hooks.set(configuration, made);
    return made;
  }
}
