import { describe, expect, test } from "bun:test";
import { changed, created, said } from "#test/kit/validate.ts";
import type {
  HorizontalPodAutoscaler,
  LimitRange,
  PodDisruptionBudget,
  ResourceQuota,
} from "../object.ts";
import { HORIZONTAL_POD_AUTOSCALERS } from "../resources/autoscaling.ts";
import { LIMIT_RANGES, RESOURCE_QUOTAS } from "../resources/core-limits.ts";
import { POD_DISRUPTION_BUDGETS } from "../resources/policy.ts";

describe("a LimitRange", () => {
  type Limit = NonNullable<LimitRange["spec"]>["limits"][number];
  const range = (...limits: Limit[]): LimitRange => ({ metadata: { name: "l" }, spec: { limits } });

  test.each<[string, LimitRange, string[]]>([
    [
      "as usual",
      range(
        { type: "Container", min: { cpu: "100m" }, max: { cpu: "1" } },
        { type: "PersistentVolumeClaim", max: { storage: "1Gi" } },
      ),
      [],
    ],
    [
      "upside down",
      range({ type: "Pod", min: { cpu: "2" }, max: { cpu: "1" } }),
      ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
    ],
    [
      "whose defaults are out of bounds",
      range({
        type: "Container",
        max: { cpu: "1" },
        default: { cpu: "2" },
        defaultRequest: { cpu: "3" },
      }),
      [
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "3": default request value 3 is greater than max value 1',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "3": default request value 3 is greater than default limit value 2',
        'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
      ],
    ],
    [
      "with defaults for whole pods",
      range({ type: "Pod", default: { cpu: "1" } }),
      ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
    ],
    [
      "of an unknown type, twice",
      range({ type: "Node" }, { type: "Node" }),
      [
        'spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified',
        'spec.limits[1].type: Invalid value: "Node": must be a standard limit type or fully qualified',
        'spec.limits[1].type: Duplicate value: "Node"',
      ],
    ],
    [
      "of claims of any size",
      range({ type: "PersistentVolumeClaim" }),
      [
        "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
      ],
    ],
    [
      "whose ratio cannot be reached",
      range({
        type: "Container",
        min: { cpu: "1" },
        max: { cpu: "2" },
        maxLimitRequestRatio: { cpu: "3" },
      }),
      [
        'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(LIMIT_RANGES, given)).toEqual(expected);
  });
});

describe("a ResourceQuota", () => {
  type Spec = NonNullable<ResourceQuota["spec"]>;
  const quota = (spec: Spec, status = {}): ResourceQuota => ({
    metadata: { name: "q" },
    spec,
    status,
  });

  test.each<[string, ResourceQuota, string[]]>([
    [
      "as usual",
      quota({ hard: { pods: "3", "requests.cpu": "1500m", "count/deployments.apps": "2" } }),
      [],
    ],
    [
      "of what nobody counts",
      quota({ hard: { widgets: "1", storage: "1Gi" } }),
      [
        'spec.hard[widgets]: Invalid value: "widgets": must be a standard resource type or fully qualified',
        'spec.hard[widgets]: Invalid value: "widgets": must be a standard resource for quota',
        'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
      ],
    ],
    [
      "of half a pod",
      quota({ hard: { pods: "500m" } }),
      ['spec.hard[pods]: Invalid value: "500m": must be an integer'],
    ],
    [
      "in scopes that exclude one another",
      quota({ hard: { cpu: "1" }, scopes: ["BestEffort", "NotBestEffort", "Mine"] }),
      [
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Mine"]: unsupported scope applied to resource',
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Mine"]: unsupported scope',
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Mine"]: conflicting scopes',
      ],
    ],
    [
      "of classes, none named",
      quota({
        hard: { pods: "1" },
        scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In" }] },
      }),
      [
        "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(RESOURCE_QUOTAS, given)).toEqual(expected);
  });

  test("counts the same for ever", () => {
    const of = (...scopes: string[]) => quota({ hard: { pods: "1" }, scopes });
    expect(changed(RESOURCE_QUOTAS, of("BestEffort"), of("Terminating"))).toEqual([
      'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
    ]);
    expect(said(RESOURCE_QUOTAS, quota({}), quota({}, { used: { pods: "-1" } }))).toEqual([
      'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ]);
  });
});

describe("a HorizontalPodAutoscaler", () => {
  type Spec = NonNullable<HorizontalPodAutoscaler["spec"]>;
  const scaler = (spec: Partial<Spec>): HorizontalPodAutoscaler => ({
    metadata: { name: "h" },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "d" }, ...spec },
  });
  const metric = (given: NonNullable<Spec["metrics"]>[number]) => scaler({ metrics: [given] });

  test.each<[string, HorizontalPodAutoscaler, string[]]>([
    ["as usual", scaler({}), []],
    [
      "of nothing",
      scaler({ maxReplicas: 0, scaleTargetRef: { kind: "", name: "a/b" } }),
      [
        "spec.maxReplicas: Invalid value: 0: must be greater than 0",
        "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
        "spec.scaleTargetRef.kind: Required value",
        "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'",
      ],
    ],
    [
      "down to nothing",
      scaler({ minReplicas: 0 }),
      ["spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"],
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
});

describe("a PodDisruptionBudget", () => {
  type Spec = NonNullable<PodDisruptionBudget["spec"]>;
  const budget = (spec: Spec): PodDisruptionBudget => ({ metadata: { name: "p" }, spec });

  test.each<[string, PodDisruptionBudget, string[]]>([
    ["as usual", budget({ minAvailable: 1 }), []],
    [
      "that says both",
      budget({ minAvailable: 1, maxUnavailable: "50%" }),
      [
        'spec: Invalid value: {"minAvailable":1,"maxUnavailable":"50%"}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      "of more than all",
      budget({ maxUnavailable: "150%" }),
      ['spec.maxUnavailable: Invalid value: "150%": must not be greater than 100%'],
    ],
    [
      "of a policy that there is not",
      budget({ unhealthyPodEvictionPolicy: "Never" }),
      [
        'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(created(POD_DISRUPTION_BUDGETS, given)).toEqual(expected);
  });
});
