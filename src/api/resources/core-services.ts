import { ENDPOINTS_COLUMNS, SERVICE_COLUMNS } from "../columns/service.ts";
import { setEndpointsDefaults } from "../defaults/core.ts";
import { prepareService, prepareServiceUpdate, setServiceDefaults } from "../defaults/service.ts";
import { CHANGED_NEW_DIFFERENT, CHANGED_THEN_NEW } from "../looks.ts";
import type * as objects from "../object.ts";
import { repackSubsets } from "../repack-subsets.ts";
import { validateEndpoints } from "../validation/endpoints.ts";
import {
  validateService,
  validateServiceStatus,
  validateServiceUpdate,
} from "../validation/service.ts";
import { warnOfService } from "../warnings/service.ts";
import { proxyOf, row, statusOf } from "./row.ts";

export const SERVICES = row<objects.Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Service",
  changeLooks: CHANGED_THEN_NEW,
  createsOnUpdate: true,
  nameFormat: "dns1123Label",
  shortNames: ["svc"],
  categories: ["all"],
  subresources: [proxyOf("Service"), statusOf({ kind: "Service", group: "" })],
  columns: SERVICE_COLUMNS,
  fields: {
    "spec.clusterIP": ({ spec }) => spec?.clusterIP ?? "",
    "spec.type": ({ spec }) => spec?.type ?? "",
  },
  setDefaults: setServiceDefaults,
  setStatusDefaults: setServiceDefaults,
  prepareForCreate: prepareService,
  prepareForUpdate: prepareServiceUpdate,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatus: validateServiceStatus,
  warnings: warnOfService,
});

export const ENDPOINTS = row<objects.Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Endpoints",
  changeLooks: CHANGED_NEW_DIFFERENT,
  createsOnUpdate: true,
  shortNames: ["ep"],
  columns: ENDPOINTS_COLUMNS,
  setDefaults: setEndpointsDefaults,
  validate: validateEndpoints,
  canonicalize(endpoints) {
    endpoints.subsets &&= repackSubsets(endpoints.subsets);
  },
  deprecationWarning: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
});
