import type { ResourceAccess } from "#api/access.ts";
import { nameOf, namespaceOf, type PersistentVolume, type Pod } from "#api/object.ts";
import { isMirror } from "#api/pod.ts";
import { podReferences } from "#api/pod-references.ts";
import type { Resource } from "#api/resource.ts";
import {
  CONFIG_MAPS,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  VOLUME_ATTACHMENTS,
} from "#api/resources.ts";
import { nodeSecretsOf } from "#api/volume-secrets.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { follow } from "../follow.ts";
import { visibleOf } from "../kind.ts";

/** An object that a node may be related to. */
export type Related = Pick<ResourceAccess, "resource" | "namespace" | "name">;

/**
 * Which objects the nodes need: those that pods bound to them refer to, the volumes of their claims,
 * and the Secrets of these volumes (plugin/pkg/auth/authorizer/node/graph.go). Only what pods and
 * volumes refer to is kept, and it follows the store's own changes; all else is read there.
 */
export class NodeGraph {
  readonly #store: ObjectStore;
  /** Object → node → how many of its pods refer to it. */
  readonly #users = new Map<string, Map<string, number>>();
  /** Secret → names of volumes that are mounted with it. */
  readonly #volumesOf = new Map<string, Set<string>>();

  constructor(store: ObjectStore, signal: AbortSignal) {
    this.#store = store;
    follow(store, PODS, {
      onChange: (next, previous) => {
        if (next && previous && refersAlike(next, previous)) return;
        if (previous) this.#count(previous, -1);
        if (next) this.#count(next, 1);
      },
      signal,
    });
    follow(store, PERSISTENT_VOLUMES, {
      onChange: (next, previous) => {
        if (previous) this.#removeVolume(previous);
        if (next) this.#putVolume(next);
      },
      signal,
    });
  }

  /** Whether an object has to do with a node. */
  relates(node: string, { resource, namespace, name }: Related): boolean {
    switch (resource) {
      case PODS.plural:
        return visibleOf(this.#store, { resource: PODS, namespace }, name)?.spec?.nodeName === node;
      case VOLUME_ATTACHMENTS.plural: {
        const place = { resource: VOLUME_ATTACHMENTS, namespace: "" };
        return visibleOf(this.#store, place, name)?.spec.nodeName === node;
      }
      case PERSISTENT_VOLUMES.plural:
        return this.#isMounted(node, name);
      case SECRETS.plural: {
        const place = placeOf({ resource, namespace, name });
        if (this.#users.get(place)?.has(node)) return true;
        const volumes = this.#volumesOf.get(place);
        return volumes?.values().some((volume) => this.#isMounted(node, volume)) ?? false;
      }
      default:
        return this.#users.get(placeOf({ resource, namespace, name }))?.has(node) ?? false;
    }
  }

  #isMounted(node: string, volume: string): boolean {
    const place = { resource: PERSISTENT_VOLUMES, namespace: "" };
    const claim = visibleOf(this.#store, place, volume)?.spec?.claimRef;
    if (claim === undefined) return false;
    const { namespace = "", name = "" } = claim;
    const resource = PERSISTENT_VOLUME_CLAIMS.plural;
    return this.#users.get(placeOf({ resource, namespace, name }))?.has(node) ?? false;
  }

  #count(pod: Pod, change: 1 | -1): void {
    const node = pod.spec?.nodeName;
    if (!node) return;
    for (const place of placesOf(pod)) {
      const users = this.#users.get(place) ?? new Map<string, number>();
      const count = (users.get(node) ?? 0) + change;
      if (count > 0) users.set(node, count);
      else users.delete(node);
      if (users.size > 0) this.#users.set(place, users);
      else this.#users.delete(place);
    }
  }

  #putVolume(volume: PersistentVolume): void {
    for (const place of secretPlacesOf(volume)) {
      const volumes = this.#volumesOf.get(place) ?? new Set();
      this.#volumesOf.set(place, volumes.add(nameOf(volume)));
    }
  }

  #removeVolume(volume: PersistentVolume): void {
    for (const place of secretPlacesOf(volume)) {
      const volumes = this.#volumesOf.get(place);
      volumes?.delete(nameOf(volume));
      if (volumes?.size === 0) this.#volumesOf.delete(place);
    }
  }
}

/** What a pod refers to never changes once it is bound, but for its ephemeral containers. */
function refersAlike(next: Pod, previous: Pod): boolean {
  return (
    next.spec?.nodeName === previous.spec?.nodeName &&
    next.metadata?.uid === previous.metadata?.uid &&
    next.spec?.ephemeralContainers?.length === previous.spec?.ephemeralContainers?.length
  );
}

/** A node could make a mirror pod that refers to anything: it gains nothing by that. */
function placesOf(pod: Pod): readonly string[] {
  if (isMirror(pod)) return [];
  const namespace = namespaceOf(pod);
  const { configMaps, secrets, persistentVolumeClaims } = podReferences(pod);
  const places = ({ plural }: Resource, names: readonly string[]): readonly string[] =>
    names.map((name) => placeOf({ resource: plural, namespace, name }));
  return [
    ...places(SERVICE_ACCOUNTS, [pod.spec?.serviceAccountName ?? ""]),
    ...places(SECRETS, secrets),
    ...places(CONFIG_MAPS, configMaps),
    ...places(PERSISTENT_VOLUME_CLAIMS, persistentVolumeClaims),
  ];
}

function secretPlacesOf(volume: PersistentVolume): readonly string[] {
  const resource = SECRETS.plural;
  return nodeSecretsOf(volume).map((place) => placeOf({ resource, ...place }));
}

const placeOf = ({ resource, namespace, name }: Related): string =>
  `${resource}/${namespace}/${name}`;
