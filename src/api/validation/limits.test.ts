import { describe, expect, test } from "bun:test";
import { changed, created, said } from "#test/kit/validate.ts";
import type { LimitRange, ResourceQuota } from "../object.ts";
import { LIMIT_RANGES, RESOURCE_QUOTAS } from "../resources/core-limits.ts";

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
      "of less than half a pod, and of parts of what others count",
      quota({
        hard: { pods: "-500m", "requests.example.com/gpu": "500m", "example.com/gpu": "1m" },
      }),
      [
        'spec.hard[pods]: Invalid value: "-500m": must be greater than or equal to 0',
        'spec.hard[pods]: Invalid value: "-500m": must be an integer',
        'spec.hard[example.com/gpu]: Invalid value: "1m": must be an integer',
      ],
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
    [
      "of classes, by what has none",
      quota({
        hard: { services: "1" },
        scopeSelector: {
          matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
        },
      }),
      [
        'spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"PriorityClass","Operator":"In","Values":["high"]}]}: unsupported scope applied to resource',
      ],
    ],
    [
      "selected by all that exclude one another",
      quota({
        scopeSelector: {
          matchExpressions: ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating"].map(
            (scopeName) => ({ scopeName, operator: "Exists" }),
          ),
        },
      }),
      [
        "spec.scopeSelector.matchExpressions: Invalid value: null: conflicting scopes",
        "spec.scopeSelector.matchExpressions: Invalid value: null: conflicting scopes",
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
    expect(changed(RESOURCE_QUOTAS, of("BestEffort"), quota({ hard: { pods: "1" } }))).toEqual([
      "spec.scopes: Invalid value: null: field is immutable",
    ]);
    expect(said(RESOURCE_QUOTAS, quota({}), quota({}, { used: { pods: "-1" } }))).toEqual([
      'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ]);
  });
});
