import { namespaceOf, objectKey, type Pod } from "#api/object.ts";
import { podReferences } from "#api/pod-references.ts";
import { RESOURCE_TYPE } from "#bus/constants.ts";

/** A type and the key of one object of it: what a pod refers to. */
export interface Reference {
  readonly type: string;
  readonly key: string;
}

interface Located {
  readonly node: string;
  readonly references: readonly Reference[];
}

/**
 * Which edge node needs what: KubeEdge's LocationCache. A reference counts for as long as a pod
 * that makes it is there, so that entries go when pods go.
 */
export class Locations {
  readonly #nodes = new Set<string>();
  readonly #pods = new Map<string, Located>();
  /** `type/key` → node → pods there that refer to it. */
  readonly #users = new Map<string, Map<string, number>>();

  /** Edge nodes. */
  get nodes(): ReadonlySet<string> {
    return this.#nodes;
  }

  addNode(name: string): void {
    this.#nodes.add(name);
  }

  removeNode(name: string): void {
    this.#nodes.delete(name);
  }

  /** The edge nodes that a pod is bound to: one or none. */
  nodesOfPod(key: string): readonly string[] {
    const node = this.#pods.get(key)?.node;
    return node !== undefined && this.#nodes.has(node) ? [node] : [];
  }

  /** The edge nodes on which pods refer to an object. */
  nodesUsing({ type, key }: Reference): readonly string[] {
    const users = this.#users.get(`${type}/${key}`);
    return users === undefined ? [] : [...users.keys()].filter((node) => this.#nodes.has(node));
  }

  /** Notes where a pod is and what it needs; returns what it began or ceased to refer to. */
  putPod(pod: Pod): readonly Reference[] {
    const key = objectKey(pod);
    const before = this.#pods.get(key);
    const node = pod.spec?.nodeName ?? "";
    if (node === "") return this.removePod(key);
    const after = { node, references: referencesOf(pod) };
    if (before && Bun.deepEquals(before, after)) return [];
    this.#pods.set(key, after);
    // First in, then out: an object that both need never has no user.
    this.#count(after, 1);
    if (before) this.#count(before, -1);
    return [...after.references, ...(before?.references ?? [])];
  }

  /** Forgets a pod; returns what it referred to. */
  removePod(key: string): readonly Reference[] {
    const before = this.#pods.get(key);
    if (before === undefined) return [];
    this.#pods.delete(key);
    this.#count(before, -1);
    return before.references;
  }

  #count({ node, references }: Located, change: 1 | -1): void {
    for (const { type, key } of references) {
      const id = `${type}/${key}`;
      const users = this.#users.get(id) ?? new Map<string, number>();
      const count = (users.get(node) ?? 0) + change;
      if (count > 0) users.set(node, count);
      else users.delete(node);
      if (users.size > 0) this.#users.set(id, users);
      else this.#users.delete(id);
    }
  }
}

function referencesOf(pod: Pod): Reference[] {
  const namespace = namespaceOf(pod);
  const { configMaps, secrets } = podReferences(pod);
  const of = (type: string, names: readonly string[]): Reference[] =>
    names.map((name) => ({ type, key: `${namespace}/${name}` }));
  const { runtimeClassName } = pod.spec ?? {};
  return [
    ...of(RESOURCE_TYPE.configMap, configMaps),
    ...of(RESOURCE_TYPE.secret, secrets),
    ...(runtimeClassName ? [{ type: RESOURCE_TYPE.runtimeClass, key: runtimeClassName }] : []),
  ];
}

/** The label of nodes that KubeEdge counts as its own. */
const EDGE_LABEL = "node-role.kubernetes.io/edge";

export function isEdgeNode(node: { metadata?: { labels?: Record<string, string> } }): boolean {
  return node.metadata?.labels?.[EDGE_LABEL] !== undefined;
}
