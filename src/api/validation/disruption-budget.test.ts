import { describe, expect, test } from "bun:test";
import { created, said } from "#test/kit/validate.ts";
import type { PodDisruptionBudget } from "../object.ts";
import { POD_DISRUPTION_BUDGETS } from "../resources/policy.ts";

const COUNTED = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
/** Observed on k8s.io/apimachinery 0.36.4. */
const REASON =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";
const NAME =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

describe("a PodDisruptionBudget", () => {
  type Spec = NonNullable<PodDisruptionBudget["spec"]>;
  const budget = (spec: Spec): PodDisruptionBudget => ({ metadata: { name: "p" }, spec });

  test.each<[string, PodDisruptionBudget, string[]]>([
    ["as usual", budget({ minAvailable: 1 }), []],
    [
      "that says both",
      budget({ minAvailable: 1, maxUnavailable: "50%" }),
      [
        'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"50%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
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

  test("is said to be in one condition of each type, for a reason", () => {
    const condition = { type: "A", status: "True", lastTransitionTime: "2024-01-01T00:00:00Z" };
    const conditions = [
      { ...condition, reason: "Fine", message: "" },
      { ...condition, reason: "not fine", message: "" },
      { type: "", status: "Yes", reason: "", message: "", lastTransitionTime: "" },
    ];
    const told = { ...budget({}), status: { ...COUNTED, disruptionsAllowed: -1, conditions } };
    expect(said(POD_DISRUPTION_BUDGETS, budget({}), told)).toEqual([
      'status.conditions[1].type: Duplicate value: "A"',
      `status.conditions[1].reason: Invalid value: "not fine": ${REASON}`,
      'status.conditions[2].type: Invalid value: "": name part must be non-empty',
      `status.conditions[2].type: Invalid value: "": ${NAME}`,
      'status.conditions[2].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"',
      "status.conditions[2].lastTransitionTime: Required value",
      "status.conditions[2].reason: Required value",
      "status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0",
    ]);
  });
});
