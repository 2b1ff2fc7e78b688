import { present } from "#lib/present.ts";
import type {
  CustomResourceDefinition,
  DefinedNames,
  DefinitionCondition,
  DefinitionStatus,
} from "./definition.ts";
import { APPROVAL, isProtectedGroup } from "./validate-definition.ts";

/** A condition without the time of its last change. */
type Finding = Omit<DefinitionCondition, "lastTransitionTime">;

const CONFLICTS: readonly (readonly [keyof DefinedNames, string])[] = [
  ["plural", "PluralConflict"],
  ["singular", "SingularConflict"],
  ["shortNames", "ShortNamesConflict"],
  ["kind", "KindConflict"],
  ["listKind", "ListKindConflict"],
];

/**
 * The status that the names of a definition give it: those accepted that no other of its group has
 * (apiextensions `NamingConditionController`), and whether it is established by them. `others` are
 * the definitions of the group beside it; `now` is RFC 3339.
 */
export function statusByNames(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: string,
): DefinitionStatus {
  const { spec, status } = definition;
  const before = status?.conditions ?? [];
  const { accepted, conflict } = acceptedNames(definition, others);
  const wasEstablished = before.some(
    ({ type, status: value }) => type === "Established" && value === "True",
  );
  const names: Finding = conflict ?? {
    type: "NamesAccepted",
    status: "True",
    reason: "NoConflicts",
    message: "no conflicts found",
  };
  const established: Finding =
    conflict === undefined || wasEstablished
      ? {
          type: "Established",
          status: "True",
          reason: "InitialNamesAccepted",
          message: "the initial names have been accepted",
        }
      : {
          type: "Established",
          status: "False",
          reason: "NotAccepted",
          message: "not all names are accepted",
        };
  const approval = isProtectedGroup(spec?.group ?? "") ? [approvalOf(definition)] : [];
  const findings = [names, established, ...approval];
  return {
    ...status,
    acceptedNames: accepted,
    conditions: findings.reduce((conditions, found) => withFinding(conditions, found, now), before),
  };
}

/** Conditions with one set, its time new only when its status is. */
export function withFinding(
  conditions: readonly DefinitionCondition[],
  found: Finding,
  now: string,
): readonly DefinitionCondition[] {
  const index = conditions.findIndex(({ type }) => type === found.type);
  const last = conditions[index];
  const isSame = last !== undefined && last.status === found.status;
  const lastTransitionTime = isSame ? (last.lastTransitionTime ?? now) : now;
  const next = { ...found, lastTransitionTime };
  return index < 0 ? [...conditions, next] : conditions.with(index, next);
}

function acceptedNames(
  { spec, status }: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): { readonly accepted: DefinedNames; readonly conflict: Finding | undefined } {
  const wanted = spec?.names ?? { plural: "", kind: "" };
  const before: Partial<DefinedNames> = status?.acceptedNames ?? {};
  const taken = others.flatMap((other) => other.status?.acceptedNames ?? []);
  const resources = new Set(
    taken.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]),
  );
  const kinds = new Set(taken.flatMap(({ kind, listKind }) => [kind, listKind]));
  const accepted: Record<string, unknown> = {};
  const conflicts: Finding[] = [];
  for (const [name, reason] of CONFLICTS) {
    const used = name === "kind" || name === "listKind" ? kinds : resources;
    const clash = [wanted[name] ?? []].flat().find((one) => used.has(one));
    const isFree = clash === undefined || Bun.deepEquals(wanted[name], before[name]);
    accepted[name] = isFree ? wanted[name] : before[name];
    const message = `${JSON.stringify(clash)} is already in use`;
    if (!isFree) conflicts.push({ type: "NamesAccepted", status: "False", reason, message });
  }
  const { categories } = wanted;
  const names = present({ ...accepted, categories });
  return { accepted: { plural: "", kind: "", ...names }, conflict: conflicts.at(-1) };
}

function approvalOf({ metadata }: CustomResourceDefinition): Finding {
  const value = metadata?.annotations?.[APPROVAL] ?? "";
  const type = "KubernetesAPIApprovalPolicyConformant";
  if (value.startsWith("unapproved"))
    return {
      type,
      status: "False",
      reason: "UnapprovedAnnotation",
      message: `not approved: ${JSON.stringify(value)}`,
    };
  return { type, status: "True", reason: "ApprovedAnnotation", message: `approved in ${value}` };
}
