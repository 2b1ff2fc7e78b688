import { present } from "#lib/present.ts";
import type { HorizontalPodAutoscaler } from "../object.ts";

type Behavior = NonNullable<NonNullable<HorizontalPodAutoscaler["spec"]>["behavior"]>;
type Rules = NonNullable<Behavior["scaleUp"]>;

/** The behavior as Go writes a struct that has no names for JSON. */
export function behaviorText({ scaleUp, scaleDown }: Behavior): string {
  return JSON.stringify({ ScaleUp: upperRules(scaleUp), ScaleDown: upperRules(scaleDown) });
}

function upperRules(rules: Rules | undefined): object | null {
  if (rules === undefined) return null;
  const { stabilizationWindowSeconds, selectPolicy, policies, tolerance } = rules;
  return {
    StabilizationWindowSeconds: stabilizationWindowSeconds ?? null,
    SelectPolicy: selectPolicy ?? null,
    Policies:
      policies?.map(({ type, value, periodSeconds }) => ({
        Type: type,
        Value: value,
        PeriodSeconds: periodSeconds,
      })) ?? null,
    Tolerance: tolerance ?? null,
  };
}

/** The behavior that an annotation speaks of, if it can be read. Go does not look at the case of names. */
export function behaviorOf(text: string | undefined): Behavior | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { scaleup, scaledown } = fieldsOf(value);
  const behavior = present({ scaleUp: rulesOf(scaleup), scaleDown: rulesOf(scaledown) });
  return Object.keys(behavior).length > 0 ? behavior : undefined;
}

/** Fields by their names in lower case; those that are null are not there. */
function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) return {};
  const given = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(given.map(([name, field]) => [name.toLowerCase(), field]));
}

const numberOf = (value: unknown) => (typeof value === "number" ? value : undefined);

function rulesOf(value: unknown): Rules | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = fieldsOf(value);
  const { stabilizationwindowseconds, selectpolicy, policies, tolerance } = fields;
  return present({
    stabilizationWindowSeconds: numberOf(stabilizationwindowseconds),
    selectPolicy: typeof selectpolicy === "string" ? selectpolicy : undefined,
    tolerance: typeof tolerance === "string" ? tolerance : undefined,
    policies: Array.isArray(policies) ? policies.map(policyOf) : undefined,
  });
}

function policyOf(value: unknown): NonNullable<Rules["policies"]>[number] {
  const { type, value: amount, periodseconds } = fieldsOf(value);
  return {
    type: typeof type === "string" ? type : "",
    value: numberOf(amount) ?? 0,
    periodSeconds: numberOf(periodseconds) ?? 0,
  };
}
