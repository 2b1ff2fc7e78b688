import {
  duplicate,
  type FieldError,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooMany,
} from "../field-error.ts";
import { pathSegment, qualifiedName } from "../names.ts";
import type { ValidatingAdmissionPolicy, ValidatingWebhookConfiguration } from "../object.ts";
import { each, validateLabelSelector } from "./common.ts";

type Webhook = NonNullable<ValidatingWebhookConfiguration["webhooks"]>[number];
type Rule = NonNullable<Webhook["rules"]>[number];
type Condition = NonNullable<Webhook["matchConditions"]>[number];
type MatchResources = NonNullable<
  NonNullable<ValidatingAdmissionPolicy["spec"]>["matchConstraints"]
>;
type NamedRule = NonNullable<MatchResources["resourceRules"]>[number];

const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES = ["*", "Cluster", "Namespaced"];
const MAX_CONDITIONS = 64;

export const FAILURE_POLICIES = ["Fail", "Ignore"];
export const MATCH_POLICIES = ["Equivalent", "Exact"];
export const REINVOCATION_POLICIES = ["IfNeeded", "Never"];

/** A word that, where it is given, is one of a few. */
export function knownWord(
  path: string,
  { value, supported }: { value: string | undefined; supported: readonly string[] },
): FieldError[] {
  if (value === undefined || supported.includes(value)) return [];
  return [notSupported(path, { value, supported })];
}

/** Errors of which operations on which resources are meant. */
export function validateRule(rule: Rule, path: string): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const versions = `${path}.apiVersions`;
  return [
    ...alone(`${path}.operations`, { values: operations, others: "operations" }),
    ...each(operations, `${path}.operations`, (value, at) =>
      knownWord(at, { value, supported: OPERATIONS }),
    ),
    ...alone(`${path}.apiGroups`, { values: apiGroups, others: "API groups" }),
    ...alone(versions, { values: apiVersions, others: "API versions" }),
    ...each(apiVersions, versions, (version, at) => (version === "" ? [required(at)] : [])),
    ...validateResources(resources, `${path}.resources`),
    ...knownWord(`${path}.scope`, { value: scope, supported: SCOPES }),
  ];
}

/** A list that must have something in it, and nothing beside a wildcard. */
function alone(
  path: string,
  { values, others }: { values: readonly string[]; others: string },
): FieldError[] {
  if (values.length === 0) return [required(path)];
  if (values.length === 1 || !values.includes("*")) return [];
  const detail = `if '*' is present, must not specify other ${others}`;
  return [invalid(path, { value: values, detail })];
}

/** Resources and subresources, `pods/log`, none of which a wildcard before it covers. */
function validateResources(resources: readonly string[], path: string): FieldError[] {
  if (resources.length === 0) return [required(path)];
  const allOf = new Set<string>();
  const ofAll = new Set<string>();
  const errors = each(resources, path, (value, at) => {
    if (value === "") return [required(at)];
    const slash = value.indexOf("/");
    if (slash < 0) return [];
    const [resource, sub] = [value.slice(0, slash), value.slice(slash + 1)];
    const details: string[] = [];
    if (allOf.has(resource))
      details.push(`if '${resource}/*' is present, must not specify ${value}`);
    if (ofAll.has(sub)) details.push(`if '*/${sub}' is present, must not specify ${value}`);
    if (sub === "*") allOf.add(resource);
    if (resource === "*") ofAll.add(sub);
    return invalidAll(at, { value, details });
  });
  const refuse = (detail: string) => errors.push(invalid(path, { value: resources, detail }));
  if (resources.length > 1 && resources.includes("*/*")) {
    refuse("if '*/*' is present, must not specify other resources");
  }
  const bare = resources.filter((resource) => resource !== "" && !resource.includes("/"));
  if (bare.includes("*") && bare.at(-1) !== "*") {
    refuse("if '*' is present, must not specify other resources without subresources");
  }
  return errors;
}

/** Errors of the conditions of a webhook or policy, but for what CEL says of them. */
export function validateMatchConditions(
  conditions: readonly Condition[] | undefined,
  path: string,
): FieldError[] {
  const names = new Set<string>();
  const count = conditions?.length ?? 0;
  const errors = count > MAX_CONDITIONS ? [tooMany(path, { count, max: MAX_CONDITIONS })] : [];
  return [
    ...errors,
    ...each(conditions, path, ({ name = "", expression = "" }, at) => {
      const found = expression.trim() === "" ? [required(`${at}.expression`)] : [];
      if (name === "") return [...found, required(`${at}.name`)];
      found.push(...invalidAll(`${at}.name`, { value: name, details: qualifiedName(name) }));
      if (names.has(name)) found.push(duplicate(`${at}.name`, name));
      names.add(name);
      return found;
    }),
  ];
}

/** Errors of which requests a policy is about, after defaulting. */
export function validateMatchResources(
  match: MatchResources | undefined,
  path: string,
): FieldError[] {
  if (match === undefined) return [];
  const { matchPolicy, namespaceSelector, objectSelector } = match;
  return [
    ...(matchPolicy === undefined
      ? [required(`${path}.matchPolicy`)]
      : knownWord(`${path}.matchPolicy`, { value: matchPolicy, supported: MATCH_POLICIES })),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(objectSelector, `${path}.objectSelector`),
    ...each(match.resourceRules, `${path}.resourceRules`, validateNamedRule),
    ...each(match.excludeResourceRules, `${path}.excludeResourceRules`, validateNamedRule),
  ];
}

function validateNamedRule(rule: NamedRule, path: string): FieldError[] {
  const names = new Set<string>();
  return [
    ...each(rule.resourceNames, `${path}.resourceNames`, (value, at) => {
      const errors = invalidAll(at, { value, details: pathSegment(value) });
      if (names.has(value)) errors.push(duplicate(at, value));
      names.add(value);
      return errors;
    }),
    ...validateRule(rule, path),
  ];
}
