import { type Amounts, amountsList } from "#api/amounts.ts";
import type { Catalog } from "#api/catalog.ts";
import { type KubeObject, namespaceOf, objectKey, type ResourceQuota } from "#api/object.ts";
import { QuotaMeter } from "#api/quota/meter.ts";
import { RESOURCE_QUOTAS } from "#api/resources.ts";
import { type Controller, createController } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { followKinds } from "../follow-kinds.ts";
import { KindInformers } from "../kind-informers.ts";

/** Tells in the status of every ResourceQuota what its namespace uses. */
export function createResourceQuotaController(deps: ControllerDeps, catalog: Catalog): Controller {
  const { informers, client, queue, log } = equip(deps, "resourcequota-controller");
  const quotas = informers.informer(RESOURCE_QUOTAS);
  const meter = new QuotaMeter();
  const changed = (object: KubeObject): void => {
    for (const quota of quotas.list(namespaceOf(object))) queue.add(objectKey(quota));
  };
  const contents = new KindInformers({
    informers,
    isWanted: ({ namespaced, verbs }) => namespaced && verbs.includes("watch"),
    handlerOf: () => ({ added: changed, updated: changed, deleted: changed }),
  });
  const removals = [
    quotas.addHandler(queueItself(queue)),
    followKinds(catalog, contents),
    () => contents.close(),
  ];

  async function reconcile(key: string): Promise<undefined> {
    const quota = quotas.get(key);
    if (quota === undefined || quota.metadata?.deletionTimestamp !== undefined) return;
    const now = deps.clock.now();
    const status = { hard: { ...quota.spec?.hard }, used: amountsList(usedBy(quota, now)) };
    if (Bun.deepEquals(status, { ...quota.status })) return;
    await client.updateStatus(RESOURCE_QUOTAS, { ...quota, status });
  }

  /** What objects use that are not gone, though they should, is counted again when they should. */
  function usedBy(quota: ResourceQuota, now: Date): Amounts {
    const used = contents.kinds.flatMap((resource) => {
      if (meter.names(quota, resource).size === 0) return [];
      const objects = informers.informer(resource).list(namespaceOf(quota));
      const lapseMs = meter.nextLapseMs(resource, objects, now);
      if (lapseMs !== undefined) queue.addAfter(objectKey(quota), lapseMs + 1 - now.getTime());
      return [...meter.total(quota, { resource, objects, now })];
    });
    return new Map(used);
  }

  return createController({
    name: "resourcequota",
    reconcile,
    queue,
    log,
    synced: [quotas.synced, ...contents.synced],
    removals,
  });
}
