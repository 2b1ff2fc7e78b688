import type { PolicyRule } from "#api/object.ts";
import { covers, hasOrAll } from "./rule.ts";

/**
 * The parts of `wanted` that no rule of `held` contains, each as small as a rule can be
 * (component-helpers/auth/rbac/validation `Covers`).
 */
export function uncovered(
  held: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] {
  return wanted.flatMap(split).filter((part) => !held.some((rule) => contains(rule, part)));
}

/** True where `rule` allows all that `part` does. */
function contains(rule: PolicyRule, part: PolicyRule): boolean {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = part;
  const verbs = part.verbs.every((verb) => hasOrAll(rule.verbs, verb));
  const groups = apiGroups.every((group) => hasOrAll(rule.apiGroups, group));
  const urls = nonResourceURLs.every((url) =>
    (rule.nonResourceURLs ?? []).some((held) => covers(held, url)),
  );
  return (
    verbs &&
    groups &&
    urls &&
    resources.every((resource) => containsResource(rule.resources ?? [], resource)) &&
    containsNames(rule.resourceNames ?? [], resourceNames)
  );
}

function containsResource(held: readonly string[], resource: string): boolean {
  if (hasOrAll(held, resource)) return true;
  const slash = resource.indexOf("/");
  return slash > 0 && held.includes(`*${resource.slice(slash)}`);
}

/** No names at all means every name. */
function containsNames(held: readonly string[], names: readonly string[]): boolean {
  if (held.length === 0) return true;
  return names.length > 0 && names.every((name) => held.includes(name));
}

/** One rule for each verb on each resource, by each name, and on each URL (`BreakdownRule`). */
function split(rule: PolicyRule): PolicyRule[] {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  // What is wrong with a rule is found out after this.
  const verbs: readonly string[] = rule.verbs ?? [];
  const byName = resourceNames.length === 0 ? [{}] : resourceNames.map(named);
  const onResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        byName.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...name,
        })),
      ),
    ),
  );
  const onUrls = nonResourceURLs.flatMap((url) =>
    verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })),
  );
  return [...onResources, ...onUrls];
}

const named = (name: string) => ({ resourceNames: [name] });

/** Parts as people read them: the verbs on one resource together, in order (`CompactRules`, `CompactString`). */
export function describeRules(parts: readonly PolicyRule[]): readonly string[] {
  const together = new Map<string, PolicyRule>();
  for (const part of parts) {
    const { verbs, ...rest } = part;
    // The verbs on an URL stay apart.
    const key = JSON.stringify(rest.nonResourceURLs ? part : rest);
    const known = together.get(key);
    if (known === undefined) together.set(key, { ...rest, verbs: [...verbs] });
    else known.verbs.push(...verbs.filter((verb) => !known.verbs.includes(verb)));
  }
  return [...together.values()].map(describe).sort();
}

function describe(rule: PolicyRule): string {
  const { apiGroups, resources, nonResourceURLs, resourceNames, verbs } = rule;
  const lists = {
    APIGroups: apiGroups,
    Resources: resources,
    NonResourceURLs: nonResourceURLs,
    ResourceNames: resourceNames,
    Verbs: verbs,
  };
  const shown = Object.entries(lists).flatMap(([name, list = []]) =>
    list.length === 0 ? [] : `${name}:${quotedList(list)}`,
  );
  return `{${shown.join(", ")}}`;
}

/** Go's `%q` of a slice. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map((text) => JSON.stringify(text)).join(" ")}]`;
}
