import { HORIZONTAL_POD_AUTOSCALER_COLUMNS } from "../columns/autoscaler.ts";
import { fromAutoscalingV1, toAutoscalingV1 } from "../conversion/autoscaler.ts";
import { prepareAutoscaler, setAutoscalerDefaults } from "../defaults/autoscaler.ts";
import type * as objects from "../object.ts";
import {
  validateAutoscaler,
  validateAutoscalerStatus,
  validateAutoscalerUpdate,
  validateNewAutoscaler,
} from "../validation/autoscaler.ts";
import { convertedRow, row, statusOf } from "./row.ts";

export const HORIZONTAL_POD_AUTOSCALERS = row<objects.HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  namespaced: true,
  definition: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: [
    { ...statusOf({ kind: "HorizontalPodAutoscaler", group: "autoscaling" }), version: "v2" },
  ],
  columns: HORIZONTAL_POD_AUTOSCALER_COLUMNS,
  setDefaults: setAutoscalerDefaults,
  prepareForCreate: prepareAutoscaler,
  validate: validateAutoscaler,
  validateCreate: validateNewAutoscaler,
  validateUpdate: validateAutoscalerUpdate,
  validateStatus: validateAutoscalerStatus,
});

/** The same objects in the version that knows only of cpu. */
export const HORIZONTAL_POD_AUTOSCALERS_V1 = convertedRow<objects.HorizontalPodAutoscalerV1>(
  HORIZONTAL_POD_AUTOSCALERS,
  {
    version: "v1",
    definition: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
    toStored: fromAutoscalingV1,
    fromStored: toAutoscalingV1,
  },
);
