import { type EndpointSlice, nameOf, namespaceOf, type Service } from "#api/object.ts";
import { ENDPOINT_SLICES, PODS, SERVICES } from "#api/resources.ts";
import { hasReason } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import { type Controller, createController } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { backendsOf, isSelecting } from "./service-endpoints.ts";
import { podsOf, queueServices } from "./service-pods.ts";
import { MANAGED_BY_LABEL, MANAGER, planSlices, SERVICE_NAME_LABEL } from "./slices.ts";

const BY_SERVICE = "service";

/** Keeps the EndpointSlices of Services with a selector. Those of a deleted one are garbage by their owner. */
export function createEndpointSliceController(deps: ControllerDeps): Controller {
  const { informers, client, queue, log } = equip(deps, "endpointslice-controller");
  const services = informers.informer(SERVICES);
  const slices = informers.informer(ENDPOINT_SLICES);
  const pods = informers.informer(PODS);
  slices.addIndex(BY_SERVICE, (slice) => [serviceKey(slice) ?? ""]);
  const queueService = (slice: EndpointSlice): void => {
    const key = serviceKey(slice);
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
    let plan = planSlices(service, backends, slices.byIndex(BY_SERVICE, key));
    if (plan.create.length > 0) {
      // Names are generated: a cache that lags would make the same slice twice.
      plan = planSlices(service, backends, await listSlices(client, service));
    }
    for (const slice of plan.create) await client.create(ENDPOINT_SLICES, slice);
    for (const slice of plan.update) await client.update(ENDPOINT_SLICES, slice);
    for (const slice of plan.remove) await remove(client, slice);
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

/** The Service of a slice of ours. */
function serviceKey({ metadata }: EndpointSlice): string | undefined {
  const name = metadata?.labels?.[SERVICE_NAME_LABEL];
  if (name === undefined || metadata?.labels?.[MANAGED_BY_LABEL] !== MANAGER) return undefined;
  return `${metadata.namespace ?? ""}/${name}`;
}

async function listSlices(client: Client, service: Service): Promise<readonly EndpointSlice[]> {
  const labelSelector = `${SERVICE_NAME_LABEL}=${nameOf(service)},${MANAGED_BY_LABEL}=${MANAGER}`;
  const namespace = namespaceOf(service);
  return (await client.list(ENDPOINT_SLICES, { namespace, labelSelector })).items;
}

async function remove(client: Client, slice: EndpointSlice): Promise<void> {
  const key = { namespace: namespaceOf(slice), name: nameOf(slice) };
  await client.delete(ENDPOINT_SLICES, key).catch((error: unknown) => {
    if (!hasReason(error, "NotFound")) throw error;
  });
}
