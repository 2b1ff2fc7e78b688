import { describe, expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import type { PriorityClass, RuntimeClass } from "../object.ts";
import { RUNTIME_CLASSES } from "../resources/node.ts";
import { PRIORITY_CLASSES } from "../resources/scheduling.ts";
import { SYSTEM_PRIORITY_CLASSES } from "../system-priority.ts";

describe("a PriorityClass", () => {
  const ofPriority = (name: string, value: number, given: Partial<PriorityClass> = {}) =>
    ({ metadata: { name }, value, ...given }) satisfies PriorityClass;
  const RESERVED =
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error:";

  test.each<[string, PriorityClass, string[]]>([
    ["as usual", ofPriority("high", 1_000_000_000), []],
    [
      "above all",
      ofPriority("high", 1_000_000_001),
      ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
    ],
    [
      "that preempts in a new way",
      ofPriority("high", 1, { preemptionPolicy: "Always" }),
      [
        'preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"',
      ],
    ],
    [
      "that would be the system's",
      ofPriority("system-mine", 1),
      [`${RESERVED} system-mine is not a known system priority class`],
    ],
    [
      "of the system with another value",
      ofPriority("system-node-critical", 1),
      [`${RESERVED} value of system-node-critical PriorityClass must be 2000001000`],
    ],
    [
      "of the system for all",
      ofPriority("system-node-critical", 2_000_001_000, { globalDefault: true }),
      [`${RESERVED} globalDefault of system-node-critical PriorityClass must be false`],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(PRIORITY_CLASSES, given)).toEqual(errors);
  });

  test("of the system is right", () => {
    for (const given of SYSTEM_PRIORITY_CLASSES) {
      expect(created(PRIORITY_CLASSES, given)).toEqual([]);
    }
  });

  test("keeps its value and what it preempts", () => {
    const next = ofPriority("high", 2, { preemptionPolicy: "Never" });
    expect(changed(PRIORITY_CLASSES, ofPriority("high", 1), next)).toEqual([
      "value: Forbidden: may not be changed in an update.",
      'preemptionPolicy: Invalid value: "Never": field is immutable',
    ]);
  });

  test("that is changed is held to nothing else", () => {
    const critical = SYSTEM_PRIORITY_CLASSES[0];
    if (critical === undefined) throw new Error("there is no class of the system");
    const next = { ...critical, globalDefault: true };
    expect(changed(PRIORITY_CLASSES, critical, next)).toEqual([]);
  });
});

describe("a RuntimeClass", () => {
  const runtime = (handler: string, given: Partial<RuntimeClass> = {}): RuntimeClass => ({
    metadata: { name: "x" },
    handler,
    ...given,
  });

  test.each<[string, RuntimeClass, string[]]>([
    [
      "as usual",
      runtime("runc", {
        overhead: { podFixed: { cpu: "100m" } },
        scheduling: { nodeSelector: { a: "b" } },
      }),
      [],
    ],
    ["with dots", runtime("run.c"), ['handler: Invalid value: "run.c": must not contain dots']],
    [
      "that costs what nobody has",
      runtime("runc", { overhead: { podFixed: { pods: "-1" } } }),
      [
        'overhead.limits[pods]: Invalid value: "pods": must be a standard resource for containers',
        'overhead.limits[pods]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      "on nodes that tolerate nonsense",
      runtime("runc", { scheduling: { tolerations: [{ operator: "Equal" }] } }),
      [
        'scheduling.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      "on nodes that tolerate one thing twice",
      runtime("runc", {
        scheduling: {
          tolerations: [
            { key: "k", operator: "Exists", effect: "NoExecute" },
            { key: "k", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 },
          ],
        },
      }),
      [
        'scheduling.tolerations[1]: Duplicate value: {"Key":"k","Operator":"Exists","Value":"","Effect":"NoExecute","TolerationSeconds":5}',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(RUNTIME_CLASSES, given)).toEqual(errors);
  });

  test("keeps its handler, and counts in whole words", () => {
    expect(changed(RUNTIME_CLASSES, runtime("a"), runtime("b"))).toEqual([
      'handler: Invalid value: "b": field is immutable',
    ]);
    const object = runtime("a", { overhead: { podFixed: { memory: "1024Mi" } } });
    RUNTIME_CLASSES.setDefaults(object);
    expect(object.overhead?.podFixed).toEqual({ memory: "1Gi" });
  });
});
