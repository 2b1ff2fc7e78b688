import type { Catalog } from "#api/catalog.ts";
import { CUSTOM_PRIORITY, priorityOf } from "#api/group-priority.ts";
import { type APIService, nameOf } from "#api/object.ts";
import { API_SERVICES } from "#api/resources.ts";
import { unlessNotFound } from "#api/status.ts";
import type { Verbs } from "#api/verbs.ts";
import type { Logger } from "#lib/log.ts";
import { ensure } from "./ensure.ts";

/** Set on what is made here: `onstart` for what is built in, `true` for what comes and goes. */
const AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged";
/** What publishes the others is not one of them. */
const AGGREGATOR = "apiregistration.k8s.io";

/** The APIService of every group and version that is served here, by name. */
function localServices({ resources }: Catalog): ReadonlyMap<string, APIService> {
  const services = new Map<string, APIService>();
  for (const { group, version } of resources) {
    if (group === AGGREGATOR) continue;
    const name = `${version}.${group}`;
    const priority = priorityOf({ group, version });
    services.set(name, {
      metadata: {
        name,
        labels: { [AUTOMANAGED]: priority === CUSTOM_PRIORITY ? "true" : "onstart" },
      },
      spec: {
        ...(group !== "" && { group }),
        version,
        groupPriorityMinimum: priority.group,
        versionPriority: priority.version,
      },
    });
  }
  return services;
}

interface Keeper {
  readonly verbs: Verbs;
  readonly catalog: Catalog;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Keeps an APIService for every group and version that is served here, as kinds come and go.
 * Resolves once those are there that are served now.
 */
export async function keepApiServices({ verbs, catalog, log, signal }: Keeper): Promise<void> {
  let last: ReadonlyMap<string, APIService> = new Map();
  let turn: Promise<void> = Promise.resolve();
  const catchUp = async (): Promise<void> => {
    const served = localServices(catalog);
    const gone = [...last.keys()].filter((name) => !served.has(name));
    const come = [...served].filter(([name]) => !last.has(name));
    last = served;
    await Promise.all(come.map(([, service]) => ensure(verbs, API_SERVICES, service)));
    await Promise.all(gone.map((name) => remove(verbs, name)));
  };
  const forget = catalog.onChange(() => {
    turn = turn.then(catchUp).catch((error: unknown) => {
      if (!signal.aborted) log.error("Cannot keep the APIServices of custom kinds", { error });
    });
  });
  signal.addEventListener("abort", forget, { once: true });
  last = await leftOver(verbs);
  await catchUp();
}

/** What was made for custom kinds before, some of which may have gone while nobody looked. */
async function leftOver(verbs: Verbs): Promise<ReadonlyMap<string, APIService>> {
  const target = { resource: API_SERVICES, namespace: "" };
  const { items } = await verbs.list(target, { labelSelector: `${AUTOMANAGED}=true` });
  return new Map(items.map(({ value }) => [nameOf(value), value]));
}

async function remove(verbs: Verbs, name: string): Promise<void> {
  await verbs.delete({ resource: API_SERVICES, namespace: "", name }).catch(unlessNotFound);
}
