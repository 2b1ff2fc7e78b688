import {
  type KubeObject,
  nameOf,
  namespaceOf,
  type Pod,
  type PodTemplateSpec,
} from "#api/object.ts";
import { controllerReference } from "#api/ownership.ts";
import type { Resource } from "#api/resource.ts";
import { PODS } from "#api/resources.ts";
import { hasReason, StatusError } from "#api/status.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#client/events.ts";
import { explain } from "#lib/errors.ts";

/** A pod to make. */
export interface WantedPod {
  readonly template: PodTemplateSpec;
  /** What its name begins with; its owner's by default. */
  readonly prefix?: string;
}

/** Creates and deletes the pods of an owner, and says so in events (Kubernetes `RealPodControl`). */
export class PodControl {
  readonly #client: Client;
  readonly #events: EventRecorder;

  constructor({ client, events }: { readonly client: Client; readonly events: EventRecorder }) {
    this.#client = client;
    this.#events = events;
  }

  async create<O extends KubeObject>(
    owner: O,
    resource: Resource<O>,
    wanted: WantedPod,
  ): Promise<Pod> {
    try {
      const pod = await this.#client.create(PODS, podFrom(owner, resource, wanted));
      const message = `Created pod: ${nameOf(pod)}`;
      this.#events.event(owner, { type: "Normal", reason: "SuccessfulCreate", message });
      return pod;
    } catch (error) {
      if (!isNamespaceEnding(error)) {
        const message = `Error creating: ${explain(error)}`;
        this.#events.event(owner, { type: "Warning", reason: "FailedCreate", message });
      }
      throw error;
    }
  }

  /** A pod that is gone already is fine. */
  async delete(owner: KubeObject, pod: Pod): Promise<void> {
    const name = nameOf(pod);
    const key = { namespace: namespaceOf(pod), name };
    const uid = pod.metadata?.uid;
    try {
      await this.#client.delete(PODS, key, uid === undefined ? {} : { preconditions: { uid } });
      const message = `Deleted pod: ${name}`;
      this.#events.event(owner, { type: "Normal", reason: "SuccessfulDelete", message });
    } catch (error) {
      if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return;
      const message = `Error deleting: ${explain(error)}`;
      this.#events.event(owner, { type: "Warning", reason: "FailedDelete", message });
      throw error;
    }
  }
}

/** The pod that a template stands for, managed by `owner`. */
function podFrom<O extends KubeObject>(
  owner: O,
  resource: Resource<O>,
  { template, prefix }: WantedPod,
): Pod {
  const { metadata, spec } = template;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: prefix ?? `${nameOf(owner)}-`,
      namespace: namespaceOf(owner),
      ...(metadata?.labels && { labels: metadata.labels }),
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ...(metadata?.finalizers && { finalizers: metadata.finalizers }),
      ownerReferences: [controllerReference(resource, owner)],
    },
    ...(spec && { spec }),
  };
}

/** Nothing more can be made in a namespace that is being deleted; nobody need hear of it. */
export function isNamespaceEnding(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return (error.status.details?.causes ?? []).some(
    ({ reason }) => reason === "NamespaceTerminating",
  );
}
