import type { FlowSchema, PriorityLevelConfiguration } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, fieldText, text } from "./column.ts";

const V1 = "io.k8s.api.flowcontrol.v1";

const precedenceOf = ({ spec }: FlowSchema) => spec?.matchingPrecedence ?? 0;

/** The columns of `kubectl get flowschemas`. */
export const FLOW_SCHEMA_COLUMNS: readonly Column<FlowSchema>[] = [
  text(
    {
      name: "PriorityLevel",
      description: fieldText(`${V1}.PriorityLevelConfigurationReference`, "name"),
    },
    ({ spec }) => spec?.priorityLevelConfiguration.name ?? "",
  ),
  text(
    {
      name: "MatchingPrecedence",
      description: fieldText(`${V1}.FlowSchemaSpec`, "matchingPrecedence"),
    },
    precedenceOf,
  ),
  text(
    {
      name: "DistinguisherMethod",
      description:
        "`distinguisherMethod` defines how to compute the flow distinguisher for requests that match this schema. `nil` specifies that the distinguisher is disabled and thus will always be the empty string.",
    },
    ({ spec }) => spec?.distinguisherMethod?.type ?? "<none>",
  ),
  AGE,
  text(
    {
      name: "MissingPL",
      description: "references a broken or non-existent PriorityLevelConfiguration",
    },
    ({ status }) => status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
  ),
];

/** The order in which schemas are tried: by precedence, then by name. */
export function compareFlowSchemas(a: FlowSchema, b: FlowSchema): number {
  const [nameOfA = "", nameOfB = ""] = [a.metadata?.name, b.metadata?.name];
  return precedenceOf(a) - precedenceOf(b) || (nameOfA < nameOfB ? -1 : 1);
}

type Limited = NonNullable<NonNullable<PriorityLevelConfiguration["spec"]>["limited"]>;
type Queuing = NonNullable<NonNullable<Limited["limitResponse"]>["queuing"]>;

function queuing(field: keyof Queuing) {
  return ({ spec }: PriorityLevelConfiguration) =>
    spec?.limited?.limitResponse?.queuing?.[field] ?? "<none>";
}

const ofQueuing = (field: string) => fieldText(`${V1}.QueuingConfiguration`, field);

/** The columns of `kubectl get prioritylevelconfigurations`. */
export const PRIORITY_LEVEL_COLUMNS: readonly Column<PriorityLevelConfiguration>[] = [
  text(
    { name: "Type", description: fieldText(`${V1}.PriorityLevelConfigurationSpec`, "type") },
    ({ spec }) => spec?.type ?? "",
  ),
  text(
    {
      name: "NominalConcurrencyShares",
      description: fieldText(`${V1}.LimitedPriorityLevelConfiguration`, "nominalConcurrencyShares"),
    },
    ({ spec }) => spec?.limited?.nominalConcurrencyShares ?? "<none>",
  ),
  text({ name: "Queues", description: ofQueuing("queues") }, queuing("queues")),
  text({ name: "HandSize", description: ofQueuing("handSize") }, queuing("handSize")),
  text(
    { name: "QueueLengthLimit", description: ofQueuing("queueLengthLimit") },
    queuing("queueLengthLimit"),
  ),
  AGE,
];
