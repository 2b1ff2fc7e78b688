import { EVENT_COLUMNS } from "../columns/event.ts";
import { setEventDefaults } from "../defaults/core.ts";
import { WITHOUT_METADATA } from "../looks.ts";
import type * as objects from "../object.ts";
import { validateEvent } from "../validation/event.ts";
import { row } from "./row.ts";

export const EVENTS = row<objects.Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Event",
  newLooks: WITHOUT_METADATA,
  changeLooks: WITHOUT_METADATA,
  createsOnUpdate: true,
  anyFinalizer: true,
  nameFormat: "pathSegment",
  shortNames: ["ev"],
  columns: EVENT_COLUMNS,
  fields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? "",
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || "",
    type: ({ type }) => type ?? "",
  },
  setDefaults: setEventDefaults,
  validate: validateEvent,
});
