import { ENDPOINT_SLICE_COLUMNS } from "../columns/service.ts";
import {
  prepareEndpointSlice,
  prepareEndpointSliceUpdate,
  setEndpointSliceDefaults,
} from "../defaults/endpoint-slice.ts";
import { NEW } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateEndpointSlice,
  validateEndpointSliceUpdate,
} from "../validation/endpoint-slice.ts";
import { warnOfEndpointSlice } from "../warnings/networking.ts";
import { row } from "./row.ts";

export const ENDPOINT_SLICES = row<objects.EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  namespaced: true,
  definition: "io.k8s.api.discovery.v1.EndpointSlice",
  changeLooks: NEW,
  hasGeneration: true,
  generationCounts: "labels",
  columns: ENDPOINT_SLICE_COLUMNS,
  setDefaults: setEndpointSliceDefaults,
  prepareForCreate: prepareEndpointSlice,
  prepareForUpdate: prepareEndpointSliceUpdate,
  warnings: warnOfEndpointSlice,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
});
