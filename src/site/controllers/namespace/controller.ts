import { isDeepStrictEqual } from "node:util";
import type { Catalog } from "#api/catalog.ts";
import type { KubeObject, Namespace } from "#api/object.ts";
import { groupResource, type Resource } from "#api/resource.ts";
import { NAMESPACES, PODS } from "#api/resources.ts";
import { unlessNotFound } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { type Controller, createController } from "#client/controller.ts";
import { explain } from "#lib/errors.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { followKinds } from "../follow-kinds.ts";
import { KindInformers } from "../kind-informers.ts";
import { deletionConditions, type Remains } from "./conditions.ts";

/** The finalizer in `spec` that is ours to remove. */
const FINALIZER = "kubernetes";

/** Empties namespaces that are being deleted, pods first, and lets them go. */
export function createNamespaceController(deps: ControllerDeps, catalog: Catalog): Controller {
  const { informers, client, clock, queue, log } = equip(deps, "namespace-controller");
  const namespaces = informers.informer(NAMESPACES);
  // The end of one object may be the end of the last: nothing is polled.
  const gone = ({ metadata }: KubeObject): void => {
    const namespace = metadata?.namespace ?? "";
    if (namespaces.get(namespace)?.metadata?.deletionTimestamp) queue.add(namespace);
  };
  const contents = new KindInformers({
    informers,
    isWanted: ({ namespaced, verbs }) => namespaced && verbs.includes("delete"),
    handlerOf: () => ({ deleted: gone }),
  });
  const removals = [
    namespaces.addHandler(queueItself(queue)),
    followKinds(catalog, contents),
    () => contents.close(),
  ];

  async function reconcile(key: string): Promise<undefined> {
    const namespace = namespaces.get(key);
    if (namespace?.metadata?.deletionTimestamp === undefined) return;
    if (!namespace.spec?.finalizers?.includes(FINALIZER)) return;
    const failures = await empty(client, key, contents.kinds);
    const remains = await remainsOf(client, key, contents.kinds);
    const isEmpty = remains.counts.size === 0 && failures.length === 0;
    const told = await tell(namespace, { ...remains, failures });
    if (isEmpty) await finalize(client, told);
    else if (failures.length > 0) throw new Error(`Cannot delete ${failures.join(", ")}`);
  }

  async function tell(namespace: Namespace, remains: Remains): Promise<Namespace> {
    const present = namespace.status?.conditions ?? [];
    const conditions = deletionConditions(present, remains, clock.now());
    const status = { ...namespace.status, phase: "Terminating", conditions };
    if (isDeepStrictEqual(status, { ...namespace.status })) return namespace;
    return await client.updateStatus(NAMESPACES, { ...namespace, status });
  }

  return createController({
    name: "namespace",
    reconcile,
    queue,
    log,
    workers: 2,
    synced: [namespaces.synced, ...contents.synced],
    removals,
  });
}

/** Deletes what there is; answers what could not be deleted. */
async function empty(
  client: Client,
  namespace: string,
  kinds: readonly Resource[],
): Promise<string[]> {
  const failures: string[] = [];
  // While a pod still ends it may need its Secret or ConfigMap: the rest waits for the pods.
  const pods = await discard(client, PODS, namespace);
  if (pods !== undefined) failures.push(pods);
  const ending = await client.list(PODS, { namespace, limit: 1 });
  if (ending.items.length > 0) return failures;
  for (const resource of kinds) {
    if (resource.plural === PODS.plural && resource.group === PODS.group) continue;
    const failure = await discard(client, resource, namespace);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

async function discard(
  client: Client,
  resource: Resource,
  namespace: string,
): Promise<string | undefined> {
  try {
    await client.deleteCollection(resource, { namespace, propagationPolicy: "Background" });
    return undefined;
  } catch (error) {
    return `${groupResource(resource)}: ${explain(error)}`;
  }
}

async function remainsOf(
  client: Client,
  namespace: string,
  kinds: readonly Resource[],
): Promise<Omit<Remains, "failures">> {
  const counts = new Map<string, number>();
  const finalizers = new Map<string, number>();
  for (const resource of kinds) {
    const { items } = await client.list(resource, { namespace });
    if (items.length > 0) counts.set(`${groupResource(resource)}.`, items.length);
    for (const name of items.flatMap(({ metadata }) => metadata?.finalizers ?? [])) {
      finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
    }
  }
  return { counts, finalizers };
}

async function finalize(client: Client, namespace: Namespace): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== FINALIZER);
  const next = { ...namespace, spec: { finalizers } };
  await client.updateSubresource(NAMESPACES, next, "finalize").catch(unlessNotFound);
}
