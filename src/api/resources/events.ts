import { present } from "#lib/present.ts";
import type * as objects from "../object.ts";
import type { Resource } from "../resource.ts";
import {
  validateRegardingEvent,
  validateStrictEvent,
  validateStrictEventUpdate,
} from "../validation/event.ts";
import { EVENTS } from "./core-events.ts";
import { convertedRow } from "./row.ts";

/** Events that come by events.k8s.io are held to the rules of the new style. */
const STRICT_EVENTS: Resource<objects.Event> = {
  ...EVENTS,
  anyFinalizer: false,
  newLooks: ["object", "newMetadata", "difference"],
  changeLooks: ["object", "changedMetadata", "difference"],
  nameFormat: "dns1123Subdomain",
  validate: validateRegardingEvent,
  validateCreate: validateStrictEvent,
  validateUpdate: validateStrictEventUpdate,
};

/** Events as events.k8s.io serves them: the same objects, whose fields have better names. */
export const REGARDING_EVENTS = convertedRow<objects.RegardingEvent>(STRICT_EVENTS, {
  group: "events.k8s.io",
  version: "v1",
  definition: "io.k8s.api.events.v1.Event",
  toStored: toCore,
  fromStored: fromCore,
  fields: {
    "regarding.kind": ({ regarding }) => regarding?.kind ?? "",
    "regarding.namespace": ({ regarding }) => regarding?.namespace ?? "",
    "regarding.name": ({ regarding }) => regarding?.name ?? "",
    "regarding.uid": ({ regarding }) => regarding?.uid ?? "",
    "regarding.apiVersion": ({ regarding }) => regarding?.apiVersion ?? "",
    "regarding.resourceVersion": ({ regarding }) => regarding?.resourceVersion ?? "",
    "regarding.fieldPath": ({ regarding }) => regarding?.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingController: ({ reportingController }) => reportingController ?? "",
    type: ({ type }) => type ?? "",
  },
});

function toCore(event: objects.RegardingEvent): objects.Event {
  const { regarding = {}, note, reportingController, metadata = {}, ...rest } = event;
  const {
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...same
  } = rest;
  return {
    ...same,
    apiVersion: "v1",
    metadata,
    involvedObject: regarding,
    ...present({
      message: note,
      reportingComponent: reportingController,
      source: deprecatedSource,
      firstTimestamp: deprecatedFirstTimestamp,
      lastTimestamp: deprecatedLastTimestamp,
      count: deprecatedCount,
    }),
  };
}

function fromCore(event: objects.Event): objects.RegardingEvent {
  const { involvedObject, message, reportingComponent, source, ...rest } = event;
  const { firstTimestamp, lastTimestamp, count, ...same } = rest;
  return {
    ...same,
    apiVersion: "events.k8s.io/v1",
    regarding: involvedObject,
    ...present({
      note: message,
      reportingController: reportingComponent,
      deprecatedSource: source,
      deprecatedFirstTimestamp: firstTimestamp,
      deprecatedLastTimestamp: lastTimestamp,
      deprecatedCount: count,
    }),
  };
}
