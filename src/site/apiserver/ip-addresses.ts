import { type IPAddress, nameOf, namespaceOf, type Service } from "#api/object.ts";
import { IP_ADDRESSES, SERVICES } from "#api/resources.ts";
import { unlessNotFound } from "#api/status.ts";
import type { Verbs } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Logger } from "#lib/log.ts";
import { ensure } from "./ensure.ts";
import { collectionOf, itemOf, newestOf } from "./kind.ts";

const MANAGED_BY = "ipaddress.kubernetes.io/managed-by";
const MANAGER = "ipallocator.k8s.io";
const FAMILY = "ipaddress.kubernetes.io/ip-family";

interface Keeper {
  readonly store: ObjectStore;
  readonly verbs: Verbs;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

type Parent = NonNullable<NonNullable<IPAddress["spec"]>["parentRef"]>;

/**
 * Keeps an IPAddress for every address that a Service has, as Services come and go. The allocator
 * decides; these only show what it decided. Resolves once they are right for the present.
 */
export async function keepIpAddresses(keeper: Keeper): Promise<void> {
  const { store, log, signal } = keeper;
  const owners = new Map<string, Parent>();
  const pending = new Set<string>();
  let isDraining = false;

  const count = (service: Service): void => {
    for (const address of addressesOf(service)) {
      owners.set(address, parentOf(service));
      pending.add(address);
    }
  };
  const forget = (service: Service): void => {
    for (const address of addressesOf(service)) {
      owners.delete(address);
      pending.add(address);
    }
  };
  const drain = async (): Promise<void> => {
    if (isDraining) return;
    isDraining = true;
    try {
      for (const address of pending) {
        pending.delete(address);
        await settle(keeper, address, owners.get(address));
      }
    } finally {
      isDraining = false;
    }
  };
  const catchUp = (): void => {
    drain().catch((error: unknown) => {
      if (!signal.aborted) log.error("Cannot show which addresses Services have", { error });
    });
  };

  for (const item of store.list(collectionOf(SERVICES)).items) count(itemOf(SERVICES, item).value);
  for (const item of store.list(collectionOf(IP_ADDRESSES)).items) pending.add(nameOf(item.value));
  const since = store.resourceVersion;
  const subscriptions = [
    store.subscribe(collectionOf(SERVICES), since, ({ type, item }, previous) => {
      if (previous) forget(itemOf(SERVICES, previous).value);
      if (type !== "DELETED") count(itemOf(SERVICES, item).value);
      else forget(itemOf(SERVICES, item).value);
      catchUp();
    }),
    store.subscribe(collectionOf(IP_ADDRESSES), since, ({ type, item }) => {
      if (type !== "DELETED") return;
      pending.add(nameOf(item.value));
      catchUp();
    }),
  ];
  const end = (): void => {
    for (const subscription of subscriptions) subscription.close();
  };
  signal.addEventListener("abort", end, { once: true });
  await drain();
}

function addressesOf({ spec }: Service): readonly string[] {
  return (spec?.clusterIPs ?? []).filter((address) => address !== "None" && address !== "");
}

const parentOf = (service: Service): Parent => ({
  resource: "services",
  namespace: namespaceOf(service),
  name: nameOf(service),
});

/** Makes the object of one address as it must be: there, of its owner, or gone. */
async function settle(
  { store, verbs }: Keeper,
  name: string,
  owner: Parent | undefined,
): Promise<void> {
  const target = { resource: IP_ADDRESSES, namespace: "", name };
  const current = newestOf(store, target, name);
  const isOurs = current?.metadata?.labels?.[MANAGED_BY] === MANAGER;
  const isRight = Bun.deepEquals(withoutGroup(current?.spec?.parentRef), owner);
  if (current !== undefined && isOurs && !isRight) {
    await verbs.delete(target).catch(unlessNotFound);
  }
  if (owner === undefined || (current !== undefined && (isRight || !isOurs))) return;
  await ensure(verbs, IP_ADDRESSES, {
    metadata: { name, labels: { [FAMILY]: "IPv4", [MANAGED_BY]: MANAGER } },
    spec: { parentRef: owner },
  });
}

function withoutGroup(parent: Parent | undefined): Omit<Parent, "group"> | undefined {
  if (parent === undefined) return undefined;
  const { group: _, ...rest } = parent;
  return rest;
}
