import { type EndpointSlice, parseObjectKey } from "#api/object.ts";
import { ENDPOINT_SLICES, PODS, SERVICES } from "#api/resources.ts";
import { type Controller, createController } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { backendsOf, isSelecting } from "./service-endpoints.ts";
import { podsOf, queueServices } from "./service-pods.ts";
import { SliceWriter } from "./slice-writer.ts";
import { MANAGER, planSlices } from "./slices.ts";

const BY_SERVICE = "service";

/** Keeps the EndpointSlices of Services with a selector. Those of a deleted one are garbage by their owner. */
export function createEndpointSliceController(deps: ControllerDeps): Controller {
  const { informers, client, queue, log } = equip(deps, "endpointslice-controller");
  const services = informers.informer(SERVICES);
  const slices = informers.informer(ENDPOINT_SLICES);
  const pods = informers.informer(PODS);
  const writer = new SliceWriter(client, MANAGER);
  slices.addIndex(BY_SERVICE, (slice) => [writer.serviceKey(slice) ?? ""]);
  const queueService = (slice: EndpointSlice): void => {
    const key = writer.serviceKey(slice);
    if (key !== undefined) queue.add(key);
  };
  const removals = [
    services.addHandler(queueItself(queue)),
    slices.addHandler({ added: queueService, updated: queueService, deleted: queueService }),
    pods.addHandler(queueServices(services, queue)),
  ];

  async function reconcile(key: string): Promise<undefined> {
    const service = services.get(key);
    if (service === undefined || service.metadata?.deletionTimestamp !== undefined) return;
    if (!isSelecting(service)) return;
    const backends = backendsOf(service, podsOf(service, pods));
    await writer.write(parseObjectKey(key), slices.byIndex(BY_SERVICE, key), (existing) =>
      planSlices(service, backends, existing),
    );
  }

  return createController({
    name: "endpointslice",
    reconcile,
    queue,
    log,
    workers: 5,
    synced: [services.synced, slices.synced, pods.synced],
    removals,
  });
}
