import { type ByWebhook, type ConvertedForms, Unconverted } from "#api/crd/converted-forms.ts";
import type { Item } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { StatusError } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf } from "../kind.ts";
import { callWebhook, WebhookCallError } from "../webhook-call/call.ts";
import { ConversionError, conversionReview, convertedObjects, shownKind } from "./review.ts";

const CALLEE = { timeoutSeconds: 30, userAgent: "kube-apiserver" };
/** A webhook is asked for no more objects at once. */
const BATCH = 500;

/** Asks conversion webhooks, each once for an object and a version. */
export class Conversions {
  readonly #store: ObjectStore;
  /** What is being converted just now, by the forms that it goes to. */
  readonly #pending = new WeakMap<ConvertedForms, Map<KubeObject, Promise<void>>>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * Runs what reads objects of a kind, again and again until all that it reads is converted: with
   * each that is not, those after it where `many` are wanted.
   * @throws StatusError 500 where the webhook fails.
   */
  async converting<R>(
    { row, many }: { readonly row: Resource; readonly many: boolean },
    run: () => Promise<R>,
  ): Promise<R> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof Unconverted)) throw error;
        const { object, forms } = error;
        const isOwn = forms === byWebhook(row).forms;
        const objects = many && isOwn ? this.#missingFrom(row, object) : [object];
        await this.prepare(row, objects, forms);
      }
    }
  }

  /** Resolves at a moment at which all that `list` answers is converted. @throws StatusError 500 */
  async prepareAll(row: Resource, list: () => readonly Item[]): Promise<void> {
    for (;;) {
      const missing = unconverted(row, list());
      if (missing.length === 0) return;
      await this.prepare(row, missing.slice(0, BATCH));
    }
  }

  /** Converts objects to the version of a row, or to another of its kind. @throws StatusError 500 */
  async prepare(
    row: Resource,
    objects: readonly KubeObject[],
    forms: ConvertedForms = byWebhook(row).forms,
  ): Promise<void> {
    const missing = objects.filter((object) => !forms.has(object));
    if (missing.length === 0) return;
    const pending = this.#pendingOf(forms);
    const own = missing.filter((object) => !pending.has(object));
    if (own.length > 0) {
      const asked = this.#keep(byWebhook(row), own, forms).finally(() => {
        for (const object of own) pending.delete(object);
      });
      for (const object of own) pending.set(object, asked);
    }
    await Promise.all(missing.flatMap((object) => pending.get(object) ?? []));
  }

  /** An object in the version of a row, as its webhook makes it. @throws StatusError 500 */
  async converted(row: Resource, object: KubeObject): Promise<KubeObject> {
    return await this.#one(byWebhook(row), { object, desired: apiVersionOf(row) });
  }

  /** An object in the version that is stored. @throws StatusError 500 */
  async stored(row: Resource, object: KubeObject): Promise<KubeObject> {
    const conversion = byWebhook(row);
    return await this.#one(conversion, { object, desired: conversion.storedApiVersion });
  }

  async #one(
    conversion: ByWebhook,
    { object, desired }: { readonly object: KubeObject; readonly desired: string },
  ): Promise<KubeObject> {
    if (object.apiVersion === desired) return object;
    const [converted = object] = await this.#review(conversion, [object], desired);
    return converted;
  }

  async #keep(
    conversion: ByWebhook,
    objects: readonly KubeObject[],
    forms: ConvertedForms,
  ): Promise<void> {
    const converted = await this.#review(conversion, objects, forms.apiVersion);
    for (const [index, object] of objects.entries()) forms.keep(object, converted[index] ?? object);
  }

  async #review(
    { webhook }: ByWebhook,
    objects: readonly KubeObject[],
    desired: string,
  ): Promise<KubeObject[]> {
    const { clientConfig = {}, conversionReviewVersions: versions = [] } = webhook;
    try {
      const review = conversionReview(objects, { desired, versions });
      const callee = { ...CALLEE, client: clientConfig };
      return convertedObjects(review, await callWebhook(this.#store, callee, review));
    } catch (error) {
      const isCall = error instanceof WebhookCallError;
      if (!(isCall || error instanceof ConversionError)) throw error;
      const why = isCall ? ` failed: ${error.message}` : error.message;
      const message = `conversion webhook for ${shownKind(objects[0] ?? {})}${why}`;
      throw new StatusError(message, { code: 500 });
    }
  }

  #pendingOf(forms: ConvertedForms): Map<KubeObject, Promise<void>> {
    const known = this.#pending.get(forms) ?? new Map<KubeObject, Promise<void>>();
    this.#pending.set(forms, known);
    return known;
  }

  /** An object and what comes after it, as far as it is not converted. */
  #missingFrom(row: Resource, object: KubeObject): readonly KubeObject[] {
    const { items } = this.#store.list(collectionOf(row));
    const start = items.findIndex(({ value }) => value === object);
    return start < 0 ? [object] : unconverted(row, items.slice(start)).slice(0, BATCH);
  }
}

function byWebhook({ custom, plural, group }: Resource): ByWebhook {
  if (custom?.conversion) return custom.conversion;
  throw new TypeError(`No webhook converts ${plural}.${group}`);
}

function unconverted(row: Resource, items: readonly Item[]): readonly KubeObject[] {
  const { forms } = byWebhook(row);
  return items.flatMap(({ value }) => (forms.has(value) ? [] : [value]));
}
