import { type EndpointSlice, parseObjectKey } from "#api/object.ts";
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES } from "#api/resources.ts";
import { type Controller, createController } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { isMirrored, MAX_MIRRORED, MIRROR, notMirrored, planMirror } from "./mirrored-slices.ts";
import { isSelecting } from "./service-endpoints.ts";
import { SliceWriter } from "./slice-writer.ts";

const BY_ENDPOINTS = "mirrored";
const NOTHING = { create: [], update: [] };

/**
 * Keeps EndpointSlices that say what somebody wrote as the Endpoints of a Service without a
 * selector (Kubernetes' EndpointSlice mirroring): proxies and DNS know slices alone.
 */
export function createEndpointMirror(deps: ControllerDeps): Controller {
  const { informers, client, events, queue, log } = equip(
    deps,
    "endpointslicemirroring-controller",
  );
  const services = informers.informer(SERVICES);
  const endpoints = informers.informer(ENDPOINTS);
  const slices = informers.informer(ENDPOINT_SLICES);
  const writer = new SliceWriter(client, MIRROR);
  slices.addIndex(BY_ENDPOINTS, (slice) => [writer.serviceKey(slice) ?? ""]);
  const queueEndpoints = (slice: EndpointSlice): void => {
    const key = writer.serviceKey(slice);
    if (key !== undefined) queue.add(key);
  };
  const removals = [
    services.addHandler(queueItself(queue)),
    endpoints.addHandler(queueItself(queue)),
    slices.addHandler({ added: queueEndpoints, updated: queueEndpoints, deleted: queueEndpoints }),
  ];

  async function reconcile(key: string): Promise<undefined> {
    const service = services.get(key);
    const written = endpoints.get(key);
    const isOurs = service !== undefined && written !== undefined && !isSelecting(service);
    const mirrored = isOurs && isMirrored(written) ? written : undefined;
    await writer.write(parseObjectKey(key), slices.byIndex(BY_ENDPOINTS, key), (existing) =>
      mirrored === undefined ? { ...NOTHING, remove: existing } : planMirror(mirrored, existing),
    );
    const skipped = mirrored === undefined ? 0 : notMirrored(mirrored);
    if (mirrored === undefined || skipped === 0) return;
    events.event(mirrored, {
      type: "Warning",
      reason: "TooManyAddressesToMirror",
      message: `A max of ${MAX_MIRRORED} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
    });
  }

  return createController({
    name: "endpointslicemirroring",
    reconcile,
    queue,
    log,
    workers: 5,
    synced: [services.synced, endpoints.synced, slices.synced],
    removals,
  });
}
