import type { FlowSchema, PriorityLevelConfiguration } from "../object.ts";

type FlowSpec = NonNullable<FlowSchema["spec"]>;
type Rules = NonNullable<FlowSpec["rules"]>[number];
type Subject = Rules["subjects"][number];
type LevelSpec = NonNullable<PriorityLevelConfiguration["spec"]>;

/** The spec of a FlowSchema as Kubernetes holds it, and prints it. */
export function heldFlow(spec: FlowSpec | undefined): object {
  const { priorityLevelConfiguration, matchingPrecedence = 0, distinguisherMethod } = spec ?? {};
  return {
    PriorityLevelConfiguration: { Name: priorityLevelConfiguration?.name ?? "" },
    MatchingPrecedence: matchingPrecedence,
    DistinguisherMethod: distinguisherMethod ? { Type: distinguisherMethod.type } : null,
    Rules: spec?.rules?.map(heldRules) ?? null,
  };
}

const heldRules = ({ subjects, resourceRules, nonResourceRules }: Rules) => ({
  Subjects: subjects?.map(heldSubject) ?? null,
  ResourceRules:
    resourceRules?.map(({ verbs, apiGroups, resources, clusterScope = false, namespaces }) => ({
      Verbs: verbs ?? null,
      APIGroups: apiGroups ?? null,
      Resources: resources ?? null,
      ClusterScope: clusterScope,
      Namespaces: namespaces ?? null,
    })) ?? null,
  NonResourceRules:
    nonResourceRules?.map(({ verbs, nonResourceURLs }) => ({
      Verbs: verbs ?? null,
      NonResourceURLs: nonResourceURLs ?? null,
    })) ?? null,
});

const heldSubject = ({ kind, user, group, serviceAccount: account }: Subject) => ({
  Kind: kind,
  User: user ? { Name: user.name } : null,
  Group: group ? { Name: group.name } : null,
  ServiceAccount: account ? { Namespace: account.namespace, Name: account.name } : null,
});

/** The same of the spec of a PriorityLevelConfiguration. */
export function heldLevel({ type, limited, exempt }: LevelSpec): object {
  const shares = (level: { readonly nominalConcurrencyShares?: number }) =>
    level.nominalConcurrencyShares ?? 0;
  return {
    Type: type,
    Limited: limited
      ? {
          NominalConcurrencyShares: shares(limited),
          LimitResponse: heldResponse(limited.limitResponse ?? { type: "" }),
          LendablePercent: limited.lendablePercent ?? null,
          BorrowingLimitPercent: limited.borrowingLimitPercent ?? null,
        }
      : null,
    Exempt: exempt
      ? {
          NominalConcurrencyShares: shares(exempt),
          LendablePercent: exempt.lendablePercent ?? null,
        }
      : null,
  };
}

type Response = NonNullable<NonNullable<LevelSpec["limited"]>["limitResponse"]>;

const heldResponse = ({ type, queuing }: Response) => ({
  Type: type,
  Queuing: queuing
    ? {
        Queues: queuing.queues ?? 0,
        HandSize: queuing.handSize ?? 0,
        QueueLengthLimit: queuing.queueLengthLimit ?? 0,
      }
    : null,
});
