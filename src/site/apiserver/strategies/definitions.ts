import { CLEANUP_FINALIZER, type CustomResourceDefinition } from "#api/crd/definition.ts";
import { statusByNames, withFinding } from "#api/crd/names.ts";
import { nameOf } from "#api/object.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { rfc3339 } from "#lib/clock.ts";
import { collectionOf, itemOf } from "../kind.ts";
import type { Strategy } from "../strategy.ts";

/**
 * CustomResourceDefinitions: their names are accepted in the write that brings them, and they go
 * in two steps, once their objects are gone.
 */
export function definitions(store: ObjectStore): Strategy<CustomResourceDefinition> {
  const others = (definition: CustomResourceDefinition): CustomResourceDefinition[] =>
    store
      .list(collectionOf(CUSTOM_RESOURCE_DEFINITIONS))
      .items.map((item) => itemOf(CUSTOM_RESOURCE_DEFINITIONS, item).value)
      .filter(
        (other) =>
          other.spec?.group === definition.spec?.group && nameOf(other) !== nameOf(definition),
      );
  const settle = (definition: CustomResourceDefinition, now: Date): void => {
    definition.status = statusByNames(definition, others(definition), rfc3339(now));
  };
  return {
    prepareCreate(definition, { now }) {
      const storage = definition.spec?.versions.find((version) => version.storage)?.name;
      definition.status = storage === undefined ? {} : { storedVersions: [storage] };
      settle(definition, now);
    },
    prepareUpdate({ next }, { now }) {
      const storage = next.spec?.versions.find((version) => version.storage)?.name;
      const stored = next.status?.storedVersions ?? [];
      if (storage !== undefined && !stored.includes(storage))
        next.status = { ...next.status, storedVersions: [...stored, storage] };
      settle(next, now);
    },
    isHeld: ({ metadata }) => metadata?.deletionTimestamp === undefined,
    beginDeletion(next) {
      const { deletionTimestamp = "", finalizers = [] } = next.metadata ?? {};
      next.metadata = { ...next.metadata, finalizers: [...finalizers, CLEANUP_FINALIZER] };
      const found = {
        type: "Terminating",
        status: "True",
        reason: "InstanceDeletionPending",
        message:
          "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
      };
      const conditions = withFinding(next.status?.conditions ?? [], found, deletionTimestamp);
      next.status = { ...next.status, conditions };
    },
  };
}
