import { isStrictSubset } from "#api/ip-network.ts";
import { type IPAddress, nameOf, type ServiceCIDR } from "#api/object.ts";
import { IP_ADDRESSES, SERVICE_CIDRS } from "#api/resources.ts";
import { type Controller, createController } from "#client/controller.ts";
import { rfc3339 } from "#lib/clock.ts";
import { type ControllerDeps, equip } from "../deps.ts";

const FINALIZER = "networking.k8s.io/service-cidr-finalizer";

type Condition = NonNullable<NonNullable<ServiceCIDR["status"]>["conditions"]>[number];

const READY = { status: "True", reason: "", message: "Kubernetes Service CIDR is ready" } as const;
const ORPHANING = {
  status: "False",
  reason: "Terminating",
  message:
    "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
} as const;

/** Says of each range of Services that it is ready, and lets it go once no address needs it. */
export function createServiceCidrsController(deps: ControllerDeps): Controller {
  const { informers, client, queue, clock, log } = equip(deps, "service-cidrs-controller");
  const ranges = informers.informer(SERVICE_CIDRS);
  const addresses = informers.informer(IP_ADDRESSES);
  const queueAll = (): void => {
    for (const range of ranges.list()) queue.add(nameOf(range));
  };
  const removals = [
    ranges.addHandler({ added: queueAll, updated: queueAll, deleted: queueAll }),
    addresses.addHandler({ deleted: queueAll }),
  ];
  const isNeeded = (range: ServiceCIDR): boolean => {
    const others = ranges
      .list()
      .filter((other) => other !== range && other.metadata?.deletionTimestamp === undefined);
    return addresses
      .list()
      .some((address) => holds(range, address) && !others.some((other) => holds(other, address)));
  };

  async function say(range: ServiceCIDR, said: Omit<Condition, "type" | "lastTransitionTime">) {
    const known = range.status?.conditions?.find(({ type }) => type === "Ready");
    if (known?.status === said.status && known.reason === said.reason) return;
    const condition = { type: "Ready", lastTransitionTime: rfc3339(clock.now()), ...said };
    await client.updateStatus(SERVICE_CIDRS, { ...range, status: { conditions: [condition] } });
  }

  async function setFinalizers(range: ServiceCIDR, finalizers: string[]): Promise<ServiceCIDR> {
    const metadata = { ...range.metadata, finalizers };
    return await client.update(SERVICE_CIDRS, { ...range, metadata });
  }

  return createController({
    name: "service-cidrs",
    async reconcile(name) {
      const range = ranges.get(name);
      if (range === undefined) return undefined;
      const { deletionTimestamp, finalizers = [] } = range.metadata ?? {};
      const isHeld = finalizers.includes(FINALIZER);
      if (deletionTimestamp === undefined) {
        const kept = isHeld ? range : await setFinalizers(range, [...finalizers, FINALIZER]);
        await say(kept, READY);
      } else if (isHeld && isNeeded(range)) await say(range, ORPHANING);
      else if (isHeld) {
        await setFinalizers(
          range,
          finalizers.filter((one) => one !== FINALIZER),
        );
      }
      return undefined;
    },
    queue,
    log,
    synced: [ranges.synced, addresses.synced],
    removals,
  });
}

function holds({ spec }: ServiceCIDR, address: IPAddress): boolean {
  const ip = nameOf(address);
  const inner = `${ip}/${ip.includes(":") ? 128 : 32}`;
  return (spec?.cidrs ?? []).some((outer) => outer === inner || isStrictSubset({ inner, outer }));
}
