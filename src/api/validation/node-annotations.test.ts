import { describe, expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import { NODES } from "../resources/core-cluster.ts";

describe("annotations of a node", () => {
  const TAINTS = "scheduler.alpha.kubernetes.io/taints";
  const AVOIDED = "scheduler.alpha.kubernetes.io/preferAvoidPods";
  const at = "metadata.annotations";

  test.each<[Record<string, string>, string[]]>([
    [{ [TAINTS]: "", [AVOIDED]: "" }, []],
    [{ [TAINTS]: '[{"Key":"a","effect":"NoSchedule"}]' }, []],
    [{ [TAINTS]: "null" }, []],
    [
      { [TAINTS]: '[{"key":"a","effect":"No"}]' },
      [
        `${at}.${TAINTS}[0].effect: Unsupported value: "No": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
      ],
    ],
    [
      { [TAINTS]: "{}" },
      [
        `${at}: Invalid value: "${TAINTS}": json: cannot unmarshal object into Go value of type []core.Taint`,
      ],
    ],
    [
      { [TAINTS]: '[{"key":1}]' },
      [
        `${at}: Invalid value: "${TAINTS}": json: cannot unmarshal number into Go struct field Taint.Key of type string`,
      ],
    ],
    [
      { [TAINTS]: "x" },
      [`${at}: Invalid value: "${TAINTS}": invalid character 'x' looking for beginning of value`],
    ],
    [
      { [AVOIDED]: '{"preferAvoidPods":[{"podSignature":{"podController":{"controller":true}}}]}' },
      [],
    ],
    [
      {
        [AVOIDED]:
          '{"preferAvoidPods":[{},{"podSignature":{"podController":{"controller":false}}}]}',
      },
      [
        `${at}.${AVOIDED}[0].PodSignature: Required value`,
        `${at}.${AVOIDED}[1].PodSignature.PodController.Controller: Invalid value: false: must point to a controller`,
      ],
    ],
    [
      { [AVOIDED]: "[]" },
      [
        `${at}.AvoidPods: Invalid value: "${AVOIDED}": json: cannot unmarshal array into Go value of type v1.AvoidPods`,
      ],
    ],
  ])("%p", (annotations, errors) => {
    expect(created(NODES, { metadata: { name: "n", annotations } })).toEqual(errors);
  });

  test("are looked at twice where they change", () => {
    const annotations = { [TAINTS]: "{}" };
    expect(changed(NODES, { metadata: {} }, { metadata: { annotations } })).toHaveLength(2);
  });
});
