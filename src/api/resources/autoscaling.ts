import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

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
});
