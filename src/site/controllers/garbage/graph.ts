import type { KubeObject, OwnerReference } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";

/** An object that is known to exist, by its UID. */
export interface Vertex {
  readonly resource: Resource;
  readonly object: KubeObject;
}

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

export const uidOf = ({ metadata }: KubeObject): string => metadata?.uid ?? "";
export const ownersOf = ({ metadata }: KubeObject): readonly OwnerReference[] =>
  metadata?.ownerReferences ?? [];

/** True while an object waits for its dependents to be deleted before it goes itself. */
export function isForeground({ metadata }: KubeObject): boolean {
  return (
    metadata?.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND)
  );
}

/** Who exists and who depends on whom, by UID. An owner may be named before it is seen, or after it is gone. */
export class OwnerGraph {
  readonly #vertices = new Map<string, Vertex>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): Vertex | undefined {
    return this.#vertices.get(uid);
  }

  /** Existing objects that name `uid` as an owner. */
  dependentsOf(uid: string): Vertex[] {
    const uids = [...(this.#dependents.get(uid) ?? [])];
    return uids.flatMap((one) => this.#vertices.get(one) ?? []);
  }

  put(vertex: Vertex): void {
    const uid = uidOf(vertex.object);
    this.#unlink(uid);
    this.#vertices.set(uid, vertex);
    for (const owner of ownersOf(vertex.object)) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set();
      this.#dependents.set(owner.uid, dependents.add(uid));
    }
  }

  remove(uid: string): void {
    this.#unlink(uid);
    this.#vertices.delete(uid);
  }

  #unlink(uid: string): void {
    const vertex = this.#vertices.get(uid);
    if (vertex === undefined) return;
    for (const owner of ownersOf(vertex.object)) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}

/** A name for an object in logs and events: `apps/v1/ReplicaSet, namespace: x, name: web-1, uid: u`. */
export function describe(owner: OwnerReference, namespace: string): string {
  const { apiVersion, kind, name, uid } = owner;
  return `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
}
