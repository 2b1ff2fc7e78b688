import { type KubeObject, nameOf, namespaceOf, type OwnerReference } from "#api/object.ts";
import { controllerOf, controllerReference } from "#api/ownership.ts";
import type { Resource } from "#api/resource.ts";
import type { LabelMatcher } from "#api/selector.ts";
import { unlessNotFound } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import type { Informer } from "#client/informer.ts";

const BY_CONTROLLER = "controller";

const orphansOf = (namespace: string): string => `orphans of ${namespace}`;

/** Lets `candidates` find an owner's children without looking at everybody else's. */
export function indexByController<T extends KubeObject>(informer: Informer<T>): void {
  informer.addIndex(BY_CONTROLLER, (object) => [
    controllerOf(object)?.uid ?? orphansOf(namespaceOf(object)),
  ]);
}

/** What `owner` manages, whether or not it should. */
export function childrenOf<T extends KubeObject>(
  informer: Informer<T>,
  owner: KubeObject,
): readonly T[] {
  return informer.byIndex(BY_CONTROLLER, owner.metadata?.uid ?? "");
}

interface Claim<O extends KubeObject, C extends KubeObject> {
  readonly client: Client;
  readonly owner: O;
  readonly ownerResource: Resource<O>;
  readonly childResource: Resource<C>;
  readonly children: Informer<C>;
  /** The owner's selector. */
  readonly matcher: LabelMatcher;
}

/**
 * The children that `owner` manages from now on: those that it has and that its selector still
 * matches, and orphans that it matches, which are adopted. What it has and no longer matches is
 * let go (Kubernetes `ControllerRefManager`).
 */
export async function claim<O extends KubeObject, C extends KubeObject>(
  given: Claim<O, C>,
): Promise<C[]> {
  const { owner, children, matcher } = given;
  const claimed: C[] = [];
  const ending = owner.metadata?.deletionTimestamp !== undefined;
  for (const child of childrenOf(children, owner)) {
    if (matcher.matches(child.metadata?.labels)) claimed.push(child);
    else if (!ending) await release(given, child);
  }
  if (ending) return claimed;
  const orphans = children
    .byIndex(BY_CONTROLLER, orphansOf(namespaceOf(owner)))
    .filter(
      ({ metadata }) =>
        metadata?.deletionTimestamp === undefined && matcher.matches(metadata?.labels),
    );
  if (orphans.length === 0 || !(await mayAdopt(given))) return claimed;
  for (const orphan of orphans) {
    const adopted = await adopt(given, orphan);
    if (adopted) claimed.push(adopted);
  }
  return claimed;
}

/** Asks the API itself: the cache may still show an owner that is being deleted, or its namesake. */
async function mayAdopt<O extends KubeObject, C extends KubeObject>({
  client,
  owner,
  ownerResource,
}: Claim<O, C>): Promise<boolean> {
  const key = { namespace: namespaceOf(owner), name: nameOf(owner) };
  const found = await client.get(ownerResource, key).catch(unlessNotFound);
  if (found === undefined) return false;
  const { uid, deletionTimestamp } = found.metadata ?? {};
  return uid === owner.metadata?.uid && deletionTimestamp === undefined;
}

async function adopt<O extends KubeObject, C extends KubeObject>(
  { client, owner, ownerResource, childResource }: Claim<O, C>,
  orphan: C,
): Promise<C | undefined> {
  const others = orphan.metadata?.ownerReferences ?? [];
  const ownerReferences = [...others, controllerReference(ownerResource, owner)];
  return await setOwners(client, childResource, { object: orphan, ownerReferences });
}

async function release<O extends KubeObject, C extends KubeObject>(
  { client, owner, childResource }: Claim<O, C>,
  child: C,
): Promise<void> {
  const ownerReferences = (child.metadata?.ownerReferences ?? []).filter(
    ({ uid }) => uid !== owner.metadata?.uid,
  );
  await setOwners(client, childResource, { object: child, ownerReferences });
}

/** Replaces the owners of exactly this version of an object; `undefined` when it is gone. */
export async function setOwners<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  { object, ownerReferences }: { readonly object: T; readonly ownerReferences: OwnerReference[] },
): Promise<T | undefined> {
  const { uid, resourceVersion } = object.metadata ?? {};
  const key = { namespace: namespaceOf(object), name: nameOf(object) };
  const body = { metadata: { uid, resourceVersion, ownerReferences } };
  return await client.patch(resource, key, { type: "merge", body }).catch(unlessNotFound);
}
