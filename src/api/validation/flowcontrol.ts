import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { mandatoryFlow, mandatoryLevel } from "../flow-control.ts";
import { held } from "../held/held-json.ts";
import { dns1123Label, dns1123Subdomain } from "../names.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "../object.ts";
import { each } from "./common.ts";

type FlowSpec = NonNullable<FlowSchema["spec"]>;
type Rules = NonNullable<FlowSpec["rules"]>[number];
type Subject = Rules["subjects"][number];
type ResourceRule = NonNullable<Rules["resourceRules"]>[number];
type PathRule = NonNullable<Rules["nonResourceRules"]>[number];
type Limited = NonNullable<NonNullable<PriorityLevelConfiguration["spec"]>["limited"]>;
type Queuing = NonNullable<NonNullable<Limited["limitResponse"]>["queuing"]>;

const MAX_PRECEDENCE = 10_000;
const MAX_QUEUES = 10_000_000;
const MAX_ENTROPY_BITS = 60;
const METHODS = ["ByNamespace", "ByUser"];
const VERBS = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "proxy",
  "update",
  "watch",
];

/** Errors of a FlowSchema after defaulting. */
export function validateFlowSchema({ metadata, spec, status }: FlowSchema): FieldError[] {
  const name = metadata?.name ?? "";
  const fixed = mandatoryFlow(name);
  const errors = spec ? validateFlow(spec, name) : [];
  if (fixed && !Bun.deepEquals(spec, fixed)) {
    const detail = `spec of '${name}' must equal the fixed value`;
    errors.push(
      invalid("spec", { value: held("io.k8s.api.flowcontrol.v1.FlowSchemaSpec", spec), detail }),
    );
  }
  return [...errors, ...validateConditions(status?.conditions, "status.conditions")];
}

function validateFlow(spec: FlowSpec, name: string): FieldError[] {
  const { matchingPrecedence: value = 0, distinguisherMethod, rules } = spec;
  const level = spec.priorityLevelConfiguration?.name ?? "";
  const details: string[] = [];
  if (value <= 0) details.push("must be a positive value");
  if (value > MAX_PRECEDENCE) details.push(`must not be greater than ${MAX_PRECEDENCE}`);
  if (value === 1 && name !== "exempt") {
    details.push("only the schema named 'exempt' may have matchingPrecedence 1");
  }
  const errors = invalidAll("spec.matchingPrecedence", { value, details });
  if (distinguisherMethod && !METHODS.includes(distinguisherMethod.type)) {
    const rule = { value: { Type: distinguisherMethod.type }, supported: METHODS };
    errors.push(notSupported("spec.distinguisherMethod.type", rule));
  }
  const path = "spec.priorityLevelConfiguration.name";
  if (level === "") errors.push(required(path, "must reference a priority level"));
  else errors.push(...invalidAll(path, { value: level, details: dns1123Subdomain(level) }));
  return [...errors, ...each(rules, "spec.rules", validateRules)];
}

function validateRules(rules: Rules, path: string): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rules;
  const errors: FieldError[] = [];
  if (subjects.length === 0) {
    errors.push(required(`${path}.subjects`, "subjects must contain at least one value"));
  }
  errors.push(...each(subjects, `${path}.subjects`, validateSubject));
  if (resourceRules.length + nonResourceRules.length === 0) {
    const why = "at least one of resourceRules and nonResourceRules has to be non-empty";
    errors.push(required(path, why));
  }
  return [
    ...errors,
    ...each(resourceRules, `${path}.resourceRules`, validateResourceRule),
    ...each(nonResourceRules, `${path}.nonResourceRules`, validatePathRule),
  ];
}

const SUBJECTS = { serviceAccount: "ServiceAccount", user: "User", group: "Group" } as const;

function validateSubject(subject: Subject, path: string): FieldError[] {
  const { kind } = subject;
  const fields = ["serviceAccount", "user", "group"] as const;
  const own = fields.find((field) => SUBJECTS[field] === kind);
  if (own === undefined) {
    const supported = ["Group", "ServiceAccount", "User"];
    return [notSupported(`${path}.kind`, { value: kind, supported })];
  }
  const others = fields.filter((field) => field !== own && subject[field] !== undefined);
  return [
    ...validateWho(subject, own, `${path}.${own}`),
    ...others.map((field) => {
      const detail = `${field} is forbidden when subject kind is not '${SUBJECTS[field]}'`;
      return forbidden(`${path}.${field}`, detail);
    }),
  ];
}

function validateWho(subject: Subject, field: keyof typeof SUBJECTS, path: string): FieldError[] {
  const who = subject[field];
  if (who === undefined) {
    return [required(path, `${field} is required when subject kind is '${SUBJECTS[field]}'`)];
  }
  const { name = "" } = who;
  const errors = name === "" ? [required(`${path}.name`)] : [];
  if (!("namespace" in who) && field !== "serviceAccount") return errors;
  const namespace = "namespace" in who ? who.namespace : "";
  if (name !== "" && name !== "*") {
    errors.push(...invalidAll(`${path}.name`, { value: name, details: dns1123Subdomain(name) }));
  }
  const at = `${path}.namespace`;
  if (namespace === "")
    return [...errors, required(at, "must specify namespace for service account")];
  return [...errors, ...invalidAll(at, { value: namespace, details: dns1123Label(namespace) })];
}

interface Listed {
  readonly values: readonly string[];
  /** What an empty list is told. */
  readonly missing: string;
  /** What else a wildcard stands for: `must not specify other …`. */
  readonly others: string;
}

/** A list that has something in it, or nothing but `*`. */
function validateList(path: string, { values, missing, others }: Listed): FieldError[] {
  if (values.length === 0) return [required(path, missing)];
  if (values.length === 1 || !values.includes("*")) return [];
  const detail = `if '*' is present, must not specify other ${others}`;
  return [invalid(path, { value: values, detail })];
}

function validateVerbs(verbs: readonly string[], path: string): FieldError[] {
  const missing = "verbs must contain at least one value";
  const errors = validateList(path, { values: verbs, missing, others: "verbs" });
  if (verbs.includes("*") || verbs.every((verb) => VERBS.includes(verb))) return errors;
  return [...errors, notSupported(path, { value: verbs, supported: VERBS })];
}

function validateResourceRule(rule: ResourceRule, path: string): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], clusterScope } = rule;
  const namespaces = rule.namespaces ?? [];
  const at = `${path}.namespaces`;
  const errors = [
    ...validateVerbs(verbs, `${path}.verbs`),
    ...validateList(`${path}.apiGroups`, {
      values: apiGroups,
      missing: "resource rules must supply at least one api group",
      others: "api groups",
    }),
    ...validateList(`${path}.resources`, {
      values: resources,
      missing: "resource rules must supply at least one resource",
      others: "resources",
    }),
  ];
  if (namespaces.length === 0 && clusterScope) return errors;
  errors.push(
    ...validateList(at, {
      values: namespaces,
      missing: "resource rules that are not cluster scoped must supply at least one namespace",
      others: "namespaces",
    }),
  );
  if (namespaces.includes("*")) return errors;
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  return [
    ...errors,
    ...each(namespaces, at, (value, where) =>
      invalidAll(where, { value, details: dns1123Label(value).map((text) => intro + text) }),
    ),
  ];
}

function validatePathRule({ verbs = [], nonResourceURLs = [] }: PathRule, path: string) {
  const at = `${path}.nonResourceURLs`;
  const errors = [
    ...validateVerbs(verbs, `${path}.verbs`),
    ...validateList(at, {
      values: nonResourceURLs,
      missing: "nonResourceURLs must contain at least one value",
      others: "non-resource URLs",
    }),
  ];
  if (nonResourceURLs.includes("*")) return errors;
  return [
    ...errors,
    ...each(nonResourceURLs, at, (value, where) =>
      invalidAll(where, { value, details: pathErrors(value) }),
    ),
  ];
}

/** The first thing that is wrong with a path whose end may be a wildcard. */
function pathErrors(path: string): string[] {
  if (path === "/") return [];
  if (path === "") return ["must not be empty"];
  if (!path.startsWith("/")) return ["must start with slash"];
  if (path.includes(" ")) return ["must not contain white-space"];
  if (path.includes("//")) return ["must not contain double slash"];
  const stars = path.split("*").length - 1;
  const isSuffix = stars === 1 && path.endsWith("/*");
  return stars === 0 || isSuffix ? [] : ["wildcard can only do suffix matching"];
}

function validateConditions(
  conditions: readonly { readonly type?: string }[] | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return each(conditions, path, ({ type = "" }, at) => {
    const errors = seen.has(type) ? [duplicate(`${at}.type`, type)] : [];
    seen.add(type);
    return type === "" ? [...errors, required(`${at}.type`, "must not be empty")] : errors;
  });
}

/** Errors of the status of either kind. */
export function validateFlowStatus({
  status,
}: Pick<FlowSchema, "status"> | Pick<PriorityLevelConfiguration, "status">): FieldError[] {
  return validateConditions(status?.conditions, "status.conditions");
}

/** Errors of a PriorityLevelConfiguration after defaulting. */
export function validatePriorityLevel(given: PriorityLevelConfiguration): FieldError[] {
  const { metadata, spec = { type: "" } } = given;
  const name = metadata?.name ?? "";
  return [
    ...validateLevel(spec, name),
    ...validateMandatory(spec, name),
    ...validateFlowStatus(given),
  ];
}

type LevelSpec = NonNullable<PriorityLevelConfiguration["spec"]>;

function validateLevel({ type, exempt, limited }: LevelSpec, name: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((name === "exempt") !== (type === "Exempt")) {
    const detail = "type must be 'Exempt' if and only if name is 'exempt'";
    errors.push(invalid("spec.type", { value: type, detail }));
  }
  switch (type) {
    case "Exempt":
      if (limited) {
        errors.push(forbidden("spec.limited", "must be nil if the type is not Limited"));
      }
      return exempt ? [...errors, ...validateExempt(exempt, "spec.exempt")] : errors;
    case "Limited":
      if (exempt) errors.push(forbidden("spec.exempt", "must be nil if the type is Limited"));
      if (limited) return [...errors, ...validateLimited(limited, "spec.limited")];
      return [...errors, required("spec.limited", "must not be empty when type is Limited")];
    default: {
      const supported = ["Exempt", "Limited"];
      return [...errors, notSupported("spec.type", { value: type, supported })];
    }
  }
}

function validateMandatory(spec: LevelSpec, name: string): FieldError[] {
  const fixed = mandatoryLevel(name);
  if (fixed === undefined) return [];
  // How many seats requests without limit count for is the administrator's to decide.
  const isExempt = name === "exempt";
  const { exempt } = fixed;
  const judged = isExempt && exempt ? { ...spec, exempt } : spec;
  if (Bun.deepEquals(judged, fixed)) return [];
  const but = isExempt ? " except the 'spec.exempt' field" : "";
  const detail = `spec of '${name}'${but} must equal the fixed value`;
  return [
    invalid("spec", {
      value: held("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec", spec),
      detail,
    }),
  ];
}

function atLeastZero(path: string, value: number | undefined): FieldError[] {
  if (value === undefined || value >= 0) return [];
  return [invalid(path, { value, detail: "must be a non-negative integer" })];
}

function percent(path: string, value: number | undefined): FieldError[] {
  if (value === undefined || (value >= 0 && value <= 100)) return [];
  return [invalid(path, { value, detail: "must be between 0 and 100, inclusive" })];
}

function validateExempt(exempt: NonNullable<LevelSpec["exempt"]>, path: string): FieldError[] {
  return [
    ...atLeastZero(`${path}.nominalConcurrencyShares`, exempt.nominalConcurrencyShares),
    ...percent(`${path}.lendablePercent`, exempt.lendablePercent),
  ];
}

function validateLimited(limited: Limited, path: string): FieldError[] {
  const { nominalConcurrencyShares, limitResponse, lendablePercent } = limited;
  const { borrowingLimitPercent: borrowing } = limited;
  const errors = [
    ...atLeastZero(`${path}.nominalConcurrencyShares`, nominalConcurrencyShares),
    ...validateLimitResponse(limitResponse ?? { type: "" }, `${path}.limitResponse`),
    ...percent(`${path}.lendablePercent`, lendablePercent),
  ];
  if (borrowing === undefined || borrowing >= 0) return errors;
  const detail = "if specified, must be a non-negative integer";
  return [...errors, invalid(`${path}.borrowingLimitPercent`, { value: borrowing, detail })];
}

function validateLimitResponse(
  { type, queuing }: NonNullable<Limited["limitResponse"]>,
  path: string,
): FieldError[] {
  const at = `${path}.queuing`;
  switch (type) {
    case "Reject": {
      const detail = "must be nil if limited.limitResponse.type is not Limited";
      return queuing ? [forbidden(at, detail)] : [];
    }
    case "Queue":
      if (queuing) return validateQueuing(queuing, at);
      return [required(at, "must not be empty if limited.limitResponse.type is Limited")];
    default: {
      const supported = ["Queue", "Reject"];
      return [notSupported(`${path}.type`, { value: type, supported })];
    }
  }
}

function validateQueuing(queuing: Queuing, path: string): FieldError[] {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  const positive = (value: number) => (value > 0 ? [] : ["must be positive"]);
  const tooMany = queues > MAX_QUEUES ? [`must not be greater than ${MAX_QUEUES}`] : [];
  return [
    ...invalidAll(`${path}.queueLengthLimit`, {
      value: queueLengthLimit,
      details: positive(queueLengthLimit),
    }),
    ...invalidAll(`${path}.queues`, { value: queues, details: [...positive(queues), ...tooMany] }),
    ...invalidAll(`${path}.handSize`, { value: handSize, details: handErrors(handSize, queues) }),
  ];
}

/** What is wrong with a hand that is dealt of a deck of queues: the first thing only. */
function handErrors(handSize: number, queues: number): string[] {
  if (handSize <= 0) return ["must be positive"];
  if (handSize > queues) return [`should not be greater than queues (${queues})`];
  if (Math.ceil(Math.log2(queues) * handSize) <= MAX_ENTROPY_BITS) return [];
  return [
    `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_ENTROPY_BITS}`,
  ];
}
