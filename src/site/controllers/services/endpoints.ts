import { isDeepStrictEqual } from "node:util";
import { parseObjectKey } from "#api/object.ts";
import { ENDPOINTS, PODS, SERVICES } from "#api/resources.ts";
import { unlessNotFound } from "#api/status.ts";
import { type Controller, createController } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { endpointsObject, MANAGED_BY_LABEL, MANAGER } from "./endpoints-object.ts";
import { backendsOf, isSelecting } from "./service-endpoints.ts";
import { podsOf, queueServices } from "./service-pods.ts";

/** Keeps the Endpoints of Services with a selector. */
export function createEndpointsController(deps: ControllerDeps): Controller {
  const { informers, client, queue, log } = equip(deps, "endpoint-controller");
  const services = informers.informer(SERVICES);
  const endpoints = informers.informer(ENDPOINTS);
  const pods = informers.informer(PODS);
  const removals = [
    services.addHandler(queueItself(queue)),
    endpoints.addHandler(queueItself(queue)),
    pods.addHandler(queueServices(services, queue)),
  ];

  async function reconcile(key: string): Promise<undefined> {
    const service = services.get(key);
    const current = endpoints.get(key);
    if (service === undefined) {
      if (current?.metadata?.labels?.[MANAGED_BY_LABEL] === MANAGER) await remove(key);
      return;
    }
    if (!isSelecting(service) || service.metadata?.deletionTimestamp !== undefined) return;
    const next = endpointsObject(service, backendsOf(service, podsOf(service, pods)), current);
    if (current === undefined) await client.create(ENDPOINTS, next);
    else if (!isDeepStrictEqual(next, current)) await client.update(ENDPOINTS, next);
  }

  async function remove(key: string): Promise<void> {
    await client.delete(ENDPOINTS, parseObjectKey(key)).catch(unlessNotFound);
  }

  return createController({
    name: "endpoints",
    reconcile,
    queue,
    log,
    workers: 5,
    synced: [services.synced, endpoints.synced, pods.synced],
    removals,
  });
}
