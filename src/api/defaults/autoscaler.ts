import type { HorizontalPodAutoscaler } from "../object.ts";
import { canonicalQuantity } from "../quantity.ts";

type Spec = NonNullable<HorizontalPodAutoscaler["spec"]>;
type Rules = NonNullable<NonNullable<Spec["behavior"]>["scaleUp"]>;
type Metric = NonNullable<Spec["metrics"]>[number];

const CPU_UTILIZATION_PERCENT = 80;
const PERIOD_SECONDS = 15;

const scaleUpRules = (): Rules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: PERIOD_SECONDS },
    { type: "Percent", value: 100, periodSeconds: PERIOD_SECONDS },
  ],
});

/** How long it waits before it shrinks is the controller's setting. */
const scaleDownRules = (): Rules => ({
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: PERIOD_SECONDS }],
});

export function setAutoscalerDefaults({ spec }: HorizontalPodAutoscaler): void {
  if (spec === undefined) return;
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: "Utilization", averageUtilization: CPU_UTILIZATION_PERCENT };
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
  if (spec.behavior) {
    spec.behavior.scaleUp = { ...scaleUpRules(), ...spec.behavior.scaleUp };
    spec.behavior.scaleDown = { ...scaleDownRules(), ...spec.behavior.scaleDown };
    for (const rules of [spec.behavior.scaleUp, spec.behavior.scaleDown]) {
      if (rules.tolerance !== undefined) rules.tolerance = canonicalQuantity(rules.tolerance);
    }
  }
  for (const metric of spec.metrics ?? []) canonicalizeTarget(metric);
}

function canonicalizeTarget(metric: Metric): void {
  const { object, pods, resource, containerResource, external } = metric;
  for (const source of [object, pods, resource, containerResource, external]) {
    const target = source?.target;
    if (target?.value !== undefined) target.value = canonicalQuantity(target.value);
    if (target?.averageValue !== undefined) {
      target.averageValue = canonicalQuantity(target.averageValue);
    }
  }
}

/** The status of a new HorizontalPodAutoscaler. */
export function prepareAutoscaler(autoscaler: HorizontalPodAutoscaler): void {
  autoscaler.status = { currentMetrics: [], desiredReplicas: 0 };
}
