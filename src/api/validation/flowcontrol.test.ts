import { describe, expect, test } from "bun:test";
import { created, said } from "#test/kit/validate.ts";
import { FLOWS, PRIORITY_LEVELS } from "../flow-control.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "../object.ts";
import { FLOW_SCHEMAS, PRIORITY_LEVEL_CONFIGURATIONS } from "../resources/flowcontrol.ts";

type FlowSpec = NonNullable<FlowSchema["spec"]>;
type Rules = NonNullable<FlowSpec["rules"]>[number];

test("what every cluster has is right, and defaulting adds nothing to it", () => {
  for (const flow of FLOWS) {
    expect(created(FLOW_SCHEMAS, flow)).toEqual([]);
    const object = structuredClone(flow);
    FLOW_SCHEMAS.setDefaults(object);
    expect(object).toEqual(flow);
  }
  for (const level of PRIORITY_LEVELS) {
    expect(created(PRIORITY_LEVEL_CONFIGURATIONS, level)).toEqual([]);
    const object = structuredClone(level);
    PRIORITY_LEVEL_CONFIGURATIONS.setDefaults(object);
    expect(object).toEqual(level);
  }
});

describe("a FlowSchema", () => {
  const flow = (spec: Partial<FlowSpec>, name = "x"): FlowSchema => ({
    metadata: { name },
    spec: { priorityLevelConfiguration: { name: "system" }, ...spec },
  });
  const subjects: Rules["subjects"] = [{ kind: "User", user: { name: "jane" } }];
  const all = { verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] };
  const withRules = (...rules: Partial<Rules>[]): FlowSchema => flow({ rules: rules as Rules[] });
  const RULE = "spec.rules[0]";

  test.each<[string, FlowSchema, string[]]>([
    ["as usual", withRules({ subjects, resourceRules: [all] }), []],
    [
      "before all others",
      flow({ matchingPrecedence: 1 }),
      [
        "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      ],
    ],
    [
      "after all others, of no level",
      flow({ matchingPrecedence: 10_001, priorityLevelConfiguration: { name: "" } }),
      [
        "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000",
        "spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
      ],
    ],
    [
      "that is not the user's to change",
      flow({ matchingPrecedence: 5 }, "catch-all"),
      [
        `spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"system"},"MatchingPrecedence":5,"DistinguisherMethod":null,"Rules":null}: spec of 'catch-all' must equal the fixed value`,
      ],
    ],
    [
      "of rules that are not the user's to change",
      flow(
        {
          matchingPrecedence: 5,
          distinguisherMethod: { type: "ByUser" },
          rules: [
            { subjects, resourceRules: [all] },
            {
              subjects: [{ kind: "ServiceAccount", serviceAccount: { namespace: "n", name: "a" } }],
              nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/a"] }],
            },
          ],
        },
        "catch-all",
      ),
      [
        `spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"system"},"MatchingPrecedence":5,"DistinguisherMethod":{"Type":"ByUser"},"Rules":[{"Subjects":[{"Kind":"User","User":{"Name":"jane"},"Group":null,"ServiceAccount":null}],"ResourceRules":[{"Verbs":["*"],"APIGroups":["*"],"Resources":["*"],"ClusterScope":false,"Namespaces":["*"]}],"NonResourceRules":null},{"Subjects":[{"Kind":"ServiceAccount","User":null,"Group":null,"ServiceAccount":{"Namespace":"n","Name":"a"}}],"ResourceRules":null,"NonResourceRules":[{"Verbs":["get"],"NonResourceURLs":["/a"]}]}]}: spec of 'catch-all' must equal the fixed value`,
      ],
    ],
    [
      "of nobody who does nothing",
      withRules({}),
      [
        `${RULE}.subjects: Required value: subjects must contain at least one value`,
        `${RULE}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`,
      ],
    ],
    [
      "of those who are not what they seem",
      withRules({
        subjects: [
          { kind: "Robot" },
          { kind: "User", group: { name: "g" } },
          { kind: "ServiceAccount", serviceAccount: { name: "", namespace: "" } },
        ],
        resourceRules: [all],
      }),
      [
        `${RULE}.subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"`,
        `${RULE}.subjects[1].user: Required value: user is required when subject kind is 'User'`,
        `${RULE}.subjects[1].group: Forbidden: group is forbidden when subject kind is not 'Group'`,
        `${RULE}.subjects[2].serviceAccount.name: Required value`,
        `${RULE}.subjects[2].serviceAccount.namespace: Required value: must specify namespace for service account`,
      ],
    ],
    [
      "with wildcards among others",
      withRules({
        subjects,
        resourceRules: [
          { verbs: ["*", "get"], apiGroups: ["*", ""], resources: [], namespaces: [] },
          { ...all, verbs: ["look"] },
        ],
        nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["a", "/a//b", "/*/a", "/a/*"] }],
      }),
      [
        `${RULE}.resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
        `${RULE}.resourceRules[0].apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other api groups`,
        `${RULE}.resourceRules[0].resources: Required value: resource rules must supply at least one resource`,
        `${RULE}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
        `${RULE}.resourceRules[1].verbs: Unsupported value: ["look"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`,
        `${RULE}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash`,
        `${RULE}.nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a//b": must not contain double slash`,
        `${RULE}.nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/*/a": wildcard can only do suffix matching`,
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(FLOW_SCHEMAS, given)).toEqual(errors);
  });

  test("stands in the middle, and says each condition once", () => {
    const object = flow({});
    FLOW_SCHEMAS.setDefaults(object);
    expect(object.spec?.matchingPrecedence).toBe(1000);
    const conditions = [{ type: "Dangling" }, { type: "Dangling" }, {}];
    expect(said(FLOW_SCHEMAS, object, { ...object, status: { conditions } })).toEqual([
      'status.conditions[1].type: Duplicate value: "Dangling"',
      "status.conditions[2].type: Required value: must not be empty",
    ]);
  });
});

describe("a PriorityLevelConfiguration", () => {
  type Spec = NonNullable<PriorityLevelConfiguration["spec"]>;
  type Limited = NonNullable<Spec["limited"]>;
  const level = (spec: Spec, name = "x"): PriorityLevelConfiguration => ({
    metadata: { name },
    spec,
  });
  const limited = (given: Limited) => level({ type: "Limited", limited: given });
  const queue = (queuing?: object): Limited => ({
    limitResponse: { type: "Queue", ...(queuing && { queuing }) },
  });
  const QUEUING = "spec.limited.limitResponse.queuing";

  test.each<[string, PriorityLevelConfiguration, string[]]>([
    ["as usual", limited(queue({})), []],
    [
      "without limit but by another name",
      level({ type: "Exempt" }),
      [`spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`],
    ],
    [
      "without limit, with seats",
      level({ type: "Exempt", exempt: { lendablePercent: 50 } }, "exempt"),
      [],
    ],
    [
      "that may not be changed",
      level({ type: "Limited", limited: { limitResponse: { type: "Reject" } } }, "catch-all"),
      [
        `spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":30,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of 'catch-all' must equal the fixed value`,
      ],
    ],
    [
      "of no type",
      level({ type: "Some" }),
      ['spec.type: Unsupported value: "Some": supported values: "Exempt", "Limited"'],
    ],
    [
      "without what it is about",
      level({ type: "Limited", exempt: {} }),
      [
        "spec.exempt: Forbidden: must be nil if the type is Limited",
        "spec.limited: Required value: must not be empty when type is Limited",
      ],
    ],
    [
      "with less than nothing",
      limited({
        nominalConcurrencyShares: -1,
        lendablePercent: 101,
        borrowingLimitPercent: -1,
        limitResponse: { type: "Reject", queuing: {} },
      }),
      [
        "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
        `${QUEUING}: Forbidden: must be nil if limited.limitResponse.type is not Limited`,
        "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
        "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
      ],
    ],
    [
      "that queues nowhere",
      limited(queue()),
      [`${QUEUING}: Required value: must not be empty if limited.limitResponse.type is Limited`],
    ],
    [
      "whose hand is larger than the deck",
      limited(queue({ queues: 4, handSize: 5, queueLengthLimit: -1 })),
      [
        `${QUEUING}.queueLengthLimit: Invalid value: -1: must be positive`,
        `${QUEUING}.handSize: Invalid value: 5: should not be greater than queues (4)`,
      ],
    ],
    [
      "whose hand needs more hash than there is",
      limited(queue({ queues: 512, handSize: 8 })),
      [
        `${QUEUING}.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60`,
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(PRIORITY_LEVEL_CONFIGURATIONS, given)).toEqual(errors);
  });
});
