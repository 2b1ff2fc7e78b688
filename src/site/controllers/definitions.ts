import type { Catalog } from "#api/catalog.ts";
import { CLEANUP_FINALIZER, type CustomResourceDefinition } from "#api/crd/definition.ts";
import { statusByNames, withFinding } from "#api/crd/names.ts";
import { needsWebhook } from "#api/crd/needs-webhook.ts";
import { type KubeObject, nameOf } from "#api/object.ts";
import { groupResource, type Resource } from "#api/resource.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "#api/resources.ts";
import { unlessNotFound } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { type Controller, createController } from "#client/controller.ts";
import type { Informer } from "#client/informer.ts";
import { type Clock, rfc3339 } from "#lib/clock.ts";
import { queueItself } from "./children.ts";
import { type ControllerDeps, equip } from "./deps.ts";
import { followKinds } from "./follow-kinds.ts";
import { KindInformers } from "./kind-informers.ts";

/**
 * Lets CustomResourceDefinitions go once their objects are gone, which it deletes, and gives names
 * that one leaves behind to those that wait for them.
 */
export function createDefinitionsController(deps: ControllerDeps, catalog: Catalog): Controller {
  const equipment = equip(deps, "crd-controller");
  const { informers, queue, log } = equipment;
  const definitions = informers.informer(CUSTOM_RESOURCE_DEFINITIONS);
  const queueIfTerminating = (name: string): void => {
    if (isTerminating(definitions.get(name))) queue.add(name);
  };
  const objects = new KindInformers({
    informers,
    isWanted: ({ custom }) => custom !== undefined,
    // The end of one object may be the end of the last: nothing is polled.
    handlerOf: (row) => ({ deleted: () => queueIfTerminating(groupResource(row)) }),
  });
  /** Whoever is of the same group may have waited for a name. */
  const queueWaiting = (last: CustomResourceDefinition): void => {
    for (const other of othersOf(definitions, last)) queue.add(nameOf(other));
  };
  const work = new DefinitionWork({ ...equipment, catalog, definitions });
  return createController({
    name: "custom-resource-definitions",
    async reconcile(name) {
      const definition = definitions.get(name);
      if (isTerminating(definition)) await work.finish(definition);
      else if (definition !== undefined) await work.settleNames(definition);
      return undefined;
    },
    queue,
    log,
    synced: [definitions.synced],
    removals: [
      definitions.addHandler(queueItself(queue)),
      definitions.addHandler({ deleted: queueWaiting }),
      followKinds(catalog, objects),
      () => objects.close(),
    ],
  });
}

interface WorkOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly definitions: Informer<CustomResourceDefinition>;
}

class DefinitionWork {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #catalog: Catalog;
  readonly #definitions: Informer<CustomResourceDefinition>;

  constructor({ client, clock, catalog, definitions }: WorkOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#catalog = catalog;
    this.#definitions = definitions;
  }

  async settleNames(definition: CustomResourceDefinition): Promise<void> {
    const others = othersOf(this.#definitions, definition);
    const status = statusByNames(definition, others, rfc3339(this.#clock.now()));
    if (Bun.deepEquals(status, definition.status)) return;
    await this.#client.updateStatus(CUSTOM_RESOURCE_DEFINITIONS, { ...definition, status });
  }

  /** Deletes the objects of a definition that goes, and lets it go when there are none left. */
  async finish(definition: CustomResourceDefinition): Promise<void> {
    const { finalizers = [] } = definition.metadata ?? {};
    if (!finalizers.includes(CLEANUP_FINALIZER)) return;
    const row = rowOf(this.#catalog, definition);
    if (row !== undefined && (await this.#remaining(row)) > 0) return await this.#tell(definition);
    const rest = finalizers.filter((name) => name !== CLEANUP_FINALIZER);
    const key = { namespace: "", name: nameOf(definition) };
    const patch = { type: "merge", body: { metadata: { finalizers: rest } } } as const;
    await this.#client.patch(CUSTOM_RESOURCE_DEFINITIONS, key, patch).catch(unlessNotFound);
  }

  /** Deletes all objects; answers how many live on for their finalizers. */
  async #remaining(row: Resource): Promise<number> {
    await this.#client.deleteCollection(row, { namespace: "", propagationPolicy: "Background" });
    const { items } = await this.#client.list(row);
    return items.length;
  }

  async #tell(definition: CustomResourceDefinition): Promise<void> {
    const found = {
      type: "Terminating",
      status: "True",
      reason: "InstanceDeletionInProgress",
      message: "CustomResource deletion is in progress",
    };
    const before = definition.status?.conditions ?? [];
    const conditions = withFinding(before, found, rfc3339(this.#clock.now()));
    if (Bun.deepEquals(conditions, before)) return;
    const status = { ...definition.status, conditions };
    await this.#client.updateStatus(CUSTOM_RESOURCE_DEFINITIONS, { ...definition, status });
  }
}

/** The other definitions of a definition's group. */
function othersOf(
  definitions: Informer<CustomResourceDefinition>,
  { spec, ...definition }: CustomResourceDefinition,
): CustomResourceDefinition[] {
  const name = nameOf(definition);
  return definitions
    .list()
    .filter((other) => other.spec?.group === spec?.group && nameOf(other) !== name);
}

function isTerminating<T extends KubeObject>(definition: T | undefined): definition is T {
  return definition?.metadata?.deletionTimestamp !== undefined;
}

/** A row by which all objects of a definition can be reached. */
function rowOf({ resources }: Catalog, { metadata }: KubeObject): Resource | undefined {
  const rows = resources.filter(
    (row) => row.custom !== undefined && groupResource(row) === metadata?.name,
  );
  // A webhook may be gone before the objects are.
  return rows.find((row) => !needsWebhook(row)) ?? rows[0];
}
