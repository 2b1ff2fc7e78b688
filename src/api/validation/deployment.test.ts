import { describe, expect, test } from "bun:test";
import { changed, created, said } from "#test/kit/validate.ts";
import type { Deployment } from "../object.ts";
import { DEPLOYMENTS, REPLICA_SETS } from "../resources/apps.ts";

describe("a workload", () => {
  const template = {
    metadata: { labels: { app: "a" } },
    spec: { containers: [{ name: "c", image: "i" }] },
  };
  const selector = { matchLabels: { app: "a" } };
  const deployment = (spec: Partial<NonNullable<Deployment["spec"]>>): Deployment => ({
    metadata: { name: "d" },
    spec: { selector, template, ...spec },
  });

  test.each<[string, Deployment, string[]]>([
    ["as usual", deployment({}), []],
    [
      "empty selector",
      deployment({ selector: {} }),
      ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    ],
    [
      "other labels",
      deployment({ selector: { matchLabels: { app: "b" } } }),
      [
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      ],
    ],
    [
      "negative replicas",
      deployment({ replicas: -1 }),
      ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
    ],
    [
      "once only",
      deployment({ template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } }),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      "no way to roll",
      deployment({
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } },
      }),
      [
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
      ],
    ],
    [
      "percentage of what",
      deployment({ strategy: { rollingUpdate: { maxSurge: "half" } } }),
      [
        "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"half\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
    [
      "impatient",
      deployment({ minReadySeconds: 600 }),
      ["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"],
    ],
    [
      "nothing",
      { metadata: { name: "d" } },
      [
        "spec.selector: Required value",
        "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
        "spec.template.spec.containers: Required value",
      ],
    ],
  ])("Deployment: %s", (_, given, expected) => {
    expect(created(DEPLOYMENTS, given)).toEqual(expected);
  });

  test("keeps its selector", () => {
    const labels = { app: "b" };
    const next = deployment({
      selector: { matchLabels: labels },
      template: { ...template, metadata: { labels } },
    });
    const expected = [
      'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    ];
    expect(changed(DEPLOYMENTS, deployment({}), next)).toEqual(expected);
    const set = { metadata: { name: "r" } };
    const sets = [
      { ...set, spec: { selector, template } },
      {
        ...set,
        spec: {
          selector: { matchLabels: labels },
          template: { ...template, metadata: { labels } },
        },
      },
    ] as const;
    expect(changed(REPLICA_SETS, ...sets)).toEqual(expected);
    expect(changed(DEPLOYMENTS, deployment({}), deployment({ replicas: 5 }))).toEqual([]);
  });

  test("selects by labels that can be", () => {
    const matchLabels = { b: "x y", a: "1" };
    expect(created(DEPLOYMENTS, deployment({ selector: { matchLabels } }))).toEqual([
      expect.stringContaining('spec.selector.matchLabels: Invalid value: "x y": a valid label'),
      'spec.selector: Invalid value: {"matchLabels":{"a":"1","b":"x y"}}: invalid label selector',
    ]);
  });

  test("has no more available pods than ready ones", () => {
    const status = { replicas: 2, readyReplicas: 0, availableReplicas: 1 };
    const next = { ...deployment({}), status };
    expect(said(DEPLOYMENTS, deployment({}), next)).toEqual([
      "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas",
    ]);
  });
});
