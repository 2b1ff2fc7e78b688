import { type EndpointSlice, nameOf, namespaceOf } from "#api/object.ts";
import { ENDPOINT_SLICES } from "#api/resources.ts";
import { unlessNotFound } from "#api/status.ts";
import type { Client } from "#client/client.ts";

export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
export const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";

/** What to write so that slices show what they should. */
export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** The slices of Services that one manager keeps. */
export class SliceWriter {
  readonly #client: Client;
  readonly #manager: string;

  constructor(client: Client, manager: string) {
    this.#client = client;
    this.#manager = manager;
  }

  /** The key of the Service of a slice of this manager's. */
  serviceKey({ metadata }: EndpointSlice): string | undefined {
    const { labels, namespace = "" } = metadata ?? {};
    const name = labels?.[SERVICE_NAME_LABEL];
    if (name === undefined || labels?.[MANAGED_BY_LABEL] !== this.#manager) return undefined;
    return `${namespace}/${name}`;
  }

  /**
   * Writes what `plan` makes of the slices that are there: `cached`, or those of the API itself
   * where one is to be made, as names are generated and a cache that lags would make it twice.
   */
  async write(
    service: { readonly namespace: string; readonly name: string },
    cached: readonly EndpointSlice[],
    plan: (existing: readonly EndpointSlice[]) => SlicePlan,
  ): Promise<void> {
    let { create, update, remove } = plan(cached);
    if (create.length > 0) ({ create, update, remove } = plan(await this.#list(service)));
    for (const slice of create) await this.#client.create(ENDPOINT_SLICES, slice);
    for (const slice of update) await this.#client.update(ENDPOINT_SLICES, slice);
    for (const slice of remove) await this.#remove(slice);
  }

  async #list({ namespace, name }: { readonly namespace: string; readonly name: string }) {
    const ours = `${MANAGED_BY_LABEL}=${this.#manager}`;
    const labelSelector = `${SERVICE_NAME_LABEL}=${name},${ours}`;
    return (await this.#client.list(ENDPOINT_SLICES, { namespace, labelSelector })).items;
  }

  async #remove(slice: EndpointSlice): Promise<void> {
    const key = { namespace: namespaceOf(slice), name: nameOf(slice) };
    await this.#client.delete(ENDPOINT_SLICES, key).catch(unlessNotFound);
  }
}
