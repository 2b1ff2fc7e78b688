import type { Access, ResourceAccess } from "#api/access.ts";
import type { PolicyRule } from "#api/object.ts";

const ALL = "*";

/** True where a rule lets through what is wanted (plugin/pkg/auth/authorizer/rbac `RuleAllows`). */
export function allows(rule: PolicyRule, access: Access): boolean {
  if (!hasOrAll(rule.verbs, access.verb)) return false;
  if ("path" in access) return (rule.nonResourceURLs ?? []).some((url) => covers(url, access.path));
  return (
    hasOrAll(rule.apiGroups, access.group) &&
    matchesResource(rule.resources, access) &&
    matchesName(rule.resourceNames, access.name)
  );
}

/** True where a rule's URL, which may end in `*`, means a path. */
export function covers(url: string, path: string): boolean {
  if (url === ALL || url === path) return true;
  return url.endsWith(ALL) && path.startsWith(url.replace(/\*+$/, ""));
}

/** True for a list that names the value, or everything. */
export function hasOrAll(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes(ALL));
}

function matchesResource(
  resources: readonly string[] | undefined,
  { resource, subresource }: ResourceAccess,
): boolean {
  if (subresource === "") return hasOrAll(resources, resource);
  return (
    hasOrAll(resources, `${resource}/${subresource}`) ||
    (resources?.includes(`${ALL}/${subresource}`) ?? false)
  );
}

function matchesName(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name);
}
