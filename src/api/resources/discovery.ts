import { ENDPOINT_SLICE_COLUMNS } from "../columns/service.ts";
import { setEndpointSliceDefaults } from "../defaults/core.ts";
import type * as objects from "../object.ts";
import { validateEndpointSlice, validateEndpointSliceUpdate } from "../validation/endpoints.ts";
import { row } from "./row.ts";

export const ENDPOINT_SLICES = row<objects.EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  namespaced: true,
  definition: "io.k8s.api.discovery.v1.EndpointSlice",
  hasGeneration: true,
  columns: ENDPOINT_SLICE_COLUMNS,
  setDefaults: setEndpointSliceDefaults,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
});
