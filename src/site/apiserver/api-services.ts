import type { Catalog } from "#api/catalog.ts";
import { type APIService, nameOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { API_SERVICES } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import type { Verbs } from "#api/verbs.ts";
import type { Logger } from "#lib/log.ts";
import { ensure } from "./ensure.ts";

/** Set on what is made here: `onstart` for what is built in, `true` for what comes and goes. */
const AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged";
/** What publishes the others is not one of them. */
const AGGREGATOR = "apiregistration.k8s.io";

interface Priority {
  readonly group: number;
  readonly version: number;
}

/** How high the groups stand in discovery (`controlplane/apiserver/aggregator.go`). */
const GROUP_PRIORITIES: Readonly<Record<string, number>> = {
  "": 18_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "apiextensions.k8s.io": 16_700,
  "admissionregistration.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
};
const VERSION_PRIORITIES: Readonly<Record<string, number>> = {
  "/v1": 1,
  "autoscaling/v2": 30,
  "flowcontrol.apiserver.k8s.io/v1": 21,
};
const BUILT_IN_VERSION = 15;
/** Groups of custom kinds. */
const CUSTOM: Priority = { group: 1000, version: 100 };

function priorityOf({ group, version }: Pick<Resource, "group" | "version">): Priority {
  const priority = Object.hasOwn(GROUP_PRIORITIES, group) ? GROUP_PRIORITIES[group] : undefined;
  if (priority === undefined) return CUSTOM;
  const key = `${group}/${version}`;
  return { group: priority, version: VERSION_PRIORITIES[key] ?? BUILT_IN_VERSION };
}

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
        labels: { [AUTOMANAGED]: priority === CUSTOM ? "true" : "onstart" },
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
  try {
    await verbs.delete({ resource: API_SERVICES, namespace: "", name });
  } catch (error) {
    if (!hasReason(error, "NotFound")) throw error;
  }
}
