import { type ConfigMap, type KubeObject, nameOf, namespaceOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from "#api/resources.ts";
import { type Controller, createController } from "#client/controller.ts";
import { type ControllerDeps, equip } from "../deps.ts";

/** What every namespace has one of. */
interface Kept<T extends KubeObject> {
  /** The controller's own name and user. */
  readonly name: string;
  readonly resource: Resource<T>;
  readonly object: T;
  /** What a current object should be instead; itself where it is right. */
  correct(current: T): T;
}

/** Keeps the ServiceAccount `default` in every namespace. */
export function createServiceAccountController(deps: ControllerDeps): Controller {
  return createKeeper(deps, {
    name: "service-account-controller",
    resource: SERVICE_ACCOUNTS,
    object: { metadata: { name: "default" } },
    correct: (current) => current,
  });
}

const DESCRIPTION =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** Keeps the ConfigMap `kube-root-ca.crt` in every namespace: pods trust the API by it. */
export function createRootCaPublisher(deps: ControllerDeps, rootCa: string): Controller {
  const data = { "ca.crt": rootCa };
  const object: ConfigMap = {
    metadata: {
      name: "kube-root-ca.crt",
      annotations: { "kubernetes.io/description": DESCRIPTION },
    },
    data,
  };
  return createKeeper(deps, {
    name: "root-ca-cert-publisher",
    resource: CONFIG_MAPS,
    object,
    correct: (current) =>
      current.data?.["ca.crt"] === rootCa && Object.keys(current.data).length === 1
        ? current
        : { ...current, data },
  });
}

function createKeeper<T extends KubeObject>(
  deps: ControllerDeps,
  { name, resource, object, correct }: Kept<T>,
): Controller {
  const { informers, client, queue, log } = equip(deps, name);
  const namespaces = informers.informer(NAMESPACES);
  const objects = informers.informer(resource);
  const queueNamespace = (namespace: KubeObject): void => queue.add(nameOf(namespace));
  const queueHome = (one: KubeObject): void => {
    if (nameOf(one) === nameOf(object)) queue.add(namespaceOf(one));
  };

  async function reconcile(namespace: string): Promise<undefined> {
    const home = namespaces.get(namespace);
    if (home === undefined || home.metadata?.deletionTimestamp !== undefined) return;
    const current = objects.get(`${namespace}/${nameOf(object)}`);
    if (current === undefined) {
      await client.create(resource, { ...object, metadata: { ...object.metadata, namespace } });
      return;
    }
    const next = correct(current);
    if (next !== current) await client.update(resource, next);
  }

  return createController({
    name,
    reconcile,
    queue,
    log,
    synced: [namespaces.synced, objects.synced],
    removals: [
      namespaces.addHandler({ added: queueNamespace, updated: queueNamespace }),
      objects.addHandler({ updated: queueHome, deleted: queueHome }),
    ],
  });
}
