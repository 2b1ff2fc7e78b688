import type { FlowSchema, PriorityLevelConfiguration } from "./object.ts";

type LevelSpec = NonNullable<PriorityLevelConfiguration["spec"]>;
type FlowSpec = NonNullable<FlowSchema["spec"]>;
type Rules = NonNullable<FlowSpec["rules"]>[number];
type Subject = Rules["subjects"][number];
type ResourceRule = NonNullable<Rules["resourceRules"]>[number];

const ANYBODY = ["system:unauthenticated", "system:authenticated"];
const KUBE_SYSTEM = "kube-system";

interface Queues {
  readonly shares: number;
  readonly lendable: number;
  /** Number of queues, size of a hand, length of a queue. */
  readonly queues: readonly [number, number, number];
}

function limited({ shares, lendable, queues: [queues, handSize, length] }: Queues): LevelSpec {
  return {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: shares,
      lendablePercent: lendable,
      limitResponse: { type: "Queue", queuing: { queues, handSize, queueLengthLimit: length } },
    },
  };
}

/** Priority levels that every cluster has, and that nobody changes (`flowcontrol/bootstrap`). */
const MANDATORY_LEVELS: Readonly<Record<string, LevelSpec>> = {
  exempt: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  "catch-all": {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: 5,
      lendablePercent: 0,
      limitResponse: { type: "Reject" },
    },
  },
};

const SUGGESTED_LEVELS: Readonly<Record<string, LevelSpec>> = {
  system: limited({ shares: 30, lendable: 33, queues: [64, 6, 50] }),
  "node-high": limited({ shares: 40, lendable: 25, queues: [64, 6, 50] }),
  "leader-election": limited({ shares: 10, lendable: 0, queues: [16, 4, 50] }),
  "workload-high": limited({ shares: 40, lendable: 50, queues: [128, 6, 50] }),
  "workload-low": limited({ shares: 100, lendable: 90, queues: [128, 6, 50] }),
  "global-default": limited({ shares: 20, lendable: 50, queues: [128, 6, 50] }),
};

const groups = (...names: string[]): Subject[] =>
  names.map((name) => ({ kind: "Group", group: { name } }));
const users = (...names: string[]): Subject[] =>
  names.map((name) => ({ kind: "User", user: { name } }));
const accounts = (...names: string[]): Subject[] =>
  names.map((name) => ({
    kind: "ServiceAccount",
    serviceAccount: { name, namespace: KUBE_SYSTEM },
  }));

const ALL = ["*"];
const KEEP = ["get", "create", "update"];
const LEASES = { apiGroups: ["coordination.k8s.io"], resources: ["leases"], namespaces: ALL };

/** The subjects, whatever they do. */
function everything(subjects: Subject[]): Rules {
  return {
    subjects,
    resourceRules: [
      { verbs: ALL, apiGroups: ALL, resources: ALL, clusterScope: true, namespaces: ALL },
    ],
    nonResourceRules: [{ verbs: ALL, nonResourceURLs: ALL }],
  };
}

const only = (subjects: Subject[], ...resourceRules: ResourceRule[]): Rules => ({
  subjects,
  resourceRules,
});

interface Flow {
  readonly level: string;
  readonly precedence: number;
  readonly by?: "ByUser" | "ByNamespace";
  readonly rules: Rules;
}

function flow({ level, precedence, by, rules }: Flow): FlowSpec {
  return {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(by && { distinguisherMethod: { type: by } }),
    rules: [rules],
  };
}

/** Flow schemas that every cluster has, and that nobody changes. */
const MANDATORY_FLOWS: Readonly<Record<string, FlowSpec>> = {
  exempt: flow({ level: "exempt", precedence: 1, rules: everything(groups("system:masters")) }),
  "catch-all": flow({
    level: "catch-all",
    precedence: 10_000,
    by: "ByUser",
    rules: everything(groups(...ANYBODY)),
  }),
};

const SUGGESTED_FLOWS: Readonly<Record<string, FlowSpec>> = {
  "system-nodes": flow({
    level: "system",
    precedence: 500,
    by: "ByUser",
    rules: everything(groups("system:nodes")),
  }),
  "system-node-high": flow({
    level: "node-high",
    precedence: 400,
    by: "ByUser",
    rules: only(
      groups("system:nodes"),
      {
        verbs: ALL,
        apiGroups: [""],
        resources: ["nodes", "nodes/status"],
        clusterScope: true,
        namespaces: ALL,
      },
      { verbs: ALL, ...LEASES },
    ),
  }),
  probes: flow({
    level: "exempt",
    precedence: 2,
    rules: {
      subjects: groups(...ANYBODY),
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
    },
  }),
  "system-leader-election": flow({
    level: "leader-election",
    precedence: 100,
    by: "ByUser",
    rules: only(
      [...users("system:kube-controller-manager", "system:kube-scheduler"), ...accounts("*")],
      { verbs: KEEP, ...LEASES },
    ),
  }),
  "workload-leader-election": flow({
    level: "leader-election",
    precedence: 200,
    by: "ByUser",
    rules: only(accounts("*"), { verbs: KEEP, ...LEASES }),
  }),
  "endpoint-controller": flow({
    level: "workload-high",
    precedence: 150,
    by: "ByUser",
    rules: only(
      [
        ...users("system:kube-controller-manager"),
        ...accounts("endpoint-controller", "endpointslicemirroring-controller"),
      ],
      { verbs: KEEP, apiGroups: [""], resources: ["endpoints"], namespaces: ALL },
    ),
  }),
  "kube-controller-manager": flow({
    level: "workload-high",
    precedence: 800,
    by: "ByNamespace",
    rules: everything(users("system:kube-controller-manager")),
  }),
  "kube-scheduler": flow({
    level: "workload-high",
    precedence: 800,
    by: "ByNamespace",
    rules: everything(users("system:kube-scheduler")),
  }),
  "kube-system-service-accounts": flow({
    level: "workload-high",
    precedence: 900,
    by: "ByNamespace",
    rules: everything(accounts("*")),
  }),
  "service-accounts": flow({
    level: "workload-low",
    precedence: 9000,
    by: "ByUser",
    rules: everything(groups("system:serviceaccounts")),
  }),
  "global-default": flow({
    level: "global-default",
    precedence: 9900,
    by: "ByUser",
    rules: everything(groups(...ANYBODY)),
  }),
};

const annotations = { "apf.kubernetes.io/autoupdate-spec": "true" };

/** The priority levels that a new cluster has. */
export const PRIORITY_LEVELS: readonly PriorityLevelConfiguration[] = Object.entries({
  ...MANDATORY_LEVELS,
  ...SUGGESTED_LEVELS,
}).map(([name, spec]) => ({ metadata: { name, annotations }, spec }));

/** The flow schemas that a new cluster has. */
export const FLOWS: readonly FlowSchema[] = Object.entries({
  ...MANDATORY_FLOWS,
  ...SUGGESTED_FLOWS,
}).map(([name, spec]) => ({ metadata: { name, annotations }, spec }));

/** What the priority level of a name must be, where it is not the user's to decide. */
export function mandatoryLevel(name: string): LevelSpec | undefined {
  return Object.hasOwn(MANDATORY_LEVELS, name) ? MANDATORY_LEVELS[name] : undefined;
}

/** What the flow schema of a name must be, where it is not the user's to decide. */
export function mandatoryFlow(name: string): FlowSpec | undefined {
  return Object.hasOwn(MANDATORY_FLOWS, name) ? MANDATORY_FLOWS[name] : undefined;
}
