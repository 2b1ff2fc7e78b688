import { describe, expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import type { HorizontalPodAutoscaler } from "../object.ts";
import { HORIZONTAL_POD_AUTOSCALERS } from "../resources/autoscaling.ts";

describe("a HorizontalPodAutoscaler", () => {
  type Spec = NonNullable<HorizontalPodAutoscaler["spec"]>;
  const scaler = (spec: Partial<Spec>): HorizontalPodAutoscaler => ({
    metadata: { name: "h" },
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
      ...spec,
    },
  });
  const metric = (given: NonNullable<Spec["metrics"]>[number]) => scaler({ metrics: [given] });

  test.each<[string, HorizontalPodAutoscaler, string[]]>([
    ["as usual", scaler({}), []],
    [
      "of nothing",
      scaler({ maxReplicas: 0, scaleTargetRef: { kind: "", name: "a/b" } }),
      [
        "spec.maxReplicas: Required value: must be set and greater than 0",
        "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
        "spec.scaleTargetRef.kind: Required value",
        "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'",
        'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
      ],
    ],
    [
      "down to nothing",
      scaler({ minReplicas: 0 }),
      [
        "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
        "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
      ],
    ],
    [
      "by a metric of no type",
      metric({ type: "Mood" }),
      [
        'spec.metrics[0].type: Unsupported value: "Mood": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
        'spec.metrics[0].type: Unsupported value: "Mood": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      ],
    ],
    [
      "by one metric that is two",
      metric({
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 0 } },
        pods: { metric: { name: "m" }, target: { type: "AverageValue", averageValue: "1" } },
      }),
      ["spec.metrics[0].pods: Forbidden: must populate the given metric source only"],
    ],
    [
      "by a share of nothing",
      metric({
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 0 } },
      }),
      [
        "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
      ],
    ],
    [
      "by an external metric without target",
      metric({ type: "External", external: { metric: { name: "m" }, target: { type: "Value" } } }),
      [
        "spec.metrics[0].external.target.averageValue: Required value: must set either a target value for metric or a per-pod target",
      ],
    ],
    [
      "of the one kind without a group",
      scaler({ scaleTargetRef: { kind: "ReplicationController", name: "r" } }),
      [],
    ],
    [
      "of no version that there could be",
      scaler({ scaleTargetRef: { apiVersion: "a/b/c", kind: "Deployment", name: "d" } }),
      [
        'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      ],
    ],
    [
      "by nothing of its pods",
      metric({
        type: "Pods",
        pods: { metric: { name: "m" }, target: { type: "AverageValue", averageValue: "0" } },
      }),
      ['spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive'],
    ],
    [
      "by an amount of its pods that is not said",
      metric({
        type: "Pods",
        pods: { metric: { name: "m" }, target: { type: "AverageValue" } },
      }),
      [
        "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue",
      ],
    ],
    [
      "that tolerates less than nothing",
      scaler({ behavior: { scaleUp: { tolerance: "-100m" } } }),
      [
        'spec.behavior.scaleUp.tolerance: Invalid value: "-100m": must be greater than or equal to 0',
      ],
    ],
    [
      "that waits too long",
      scaler({
        behavior: {
          scaleDown: {
            stabilizationWindowSeconds: 3601,
            policies: [{ type: "Share", value: 0, periodSeconds: 1801 }],
          },
        },
      }),
      [
        "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600",
        'spec.behavior.scaleDown.policies[0].type: Unsupported value: "Share": supported values: "Percent", "Pods"',
        "spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero",
        "spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800",
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(HORIZONTAL_POD_AUTOSCALERS, given)).toEqual(expected);
  });

  test("is not asked again for a version that stayed as it was", () => {
    const old = scaler({ scaleTargetRef: { kind: "Deployment", name: "d" } });
    const next = scaler({ ...old.spec, maxReplicas: 4 });
    expect(changed(HORIZONTAL_POD_AUTOSCALERS, old, next)).toEqual([]);
    const other = scaler({ scaleTargetRef: { kind: "StatefulSet", name: "d" } });
    expect(changed(HORIZONTAL_POD_AUTOSCALERS, old, other)).toEqual([
      'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
    ]);
  });
});
