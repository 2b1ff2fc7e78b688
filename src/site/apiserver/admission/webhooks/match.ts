import type { Catalog } from "#api/catalog.ts";
import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { NAMESPACES } from "#api/resources.ts";
import type { Labels } from "#api/selector.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { newestOf, storedRow } from "../../kind.ts";
import type { Hook, Rule } from "./hook.ts";
import { isNamespace, type ReviewRequest, requestNamespace, type Versions } from "./request.ts";

type Matched = Pick<Hook, "rules" | "isEquivalent">;

/**
 * The row by which the rules know the kind of a request: that of the request itself, else, where
 * equivalents count, another version of it. Undefined where no rule is about it.
 */
export function rowFor(
  hook: Matched,
  request: ReviewRequest,
  catalog: Catalog,
): Resource | undefined {
  const { resource } = request;
  if (hook.rules.some((rule) => ruleMatches(rule, { request, resource }))) return resource;
  if (!hook.isEquivalent) return undefined;
  return equivalents(resource, catalog).find((row) =>
    hook.rules.some((rule) => ruleMatches(rule, { request, resource: row })),
  );
}

/**
 * The row by which a policy or a binding knows the kind of a request that it is about; undefined
 * where it is about others.
 */
export function matchingRow(
  constraint: Constraint,
  asked: {
    readonly request: ReviewRequest;
    readonly versions: Versions;
    readonly store: ObjectStore;
    readonly catalog: Catalog;
  },
): Resource | undefined {
  const { request, catalog } = asked;
  const { rules, excluded, isEquivalent } = constraint;
  if (rowFor({ rules: excluded, isEquivalent }, request, catalog)) return undefined;
  const row = rules ? rowFor({ rules, isEquivalent }, request, catalog) : request.resource;
  return row && selectorsMatch(constraint, asked) ? row : undefined;
}

interface Constraint extends Pick<Hook, "isEquivalent" | "namespaces" | "objects"> {
  readonly rules: readonly Rule[] | undefined;
  readonly excluded: readonly Rule[];
}

/** Other rows of the same objects. */
function equivalents(resource: Resource, { resources }: Catalog): readonly Resource[] {
  const { group, plural } = storedRow(resource);
  return resources.filter((row) => {
    const other = storedRow(row);
    return row !== resource && other.group === group && other.plural === plural;
  });
}

const has = (items: readonly string[] | undefined, wanted: string): boolean =>
  items?.some((item) => item === "*" || item === wanted) ?? false;

function ruleMatches(
  rule: Rule,
  { request, resource }: { request: ReviewRequest; resource: Resource },
): boolean {
  return (
    scopeMatches(rule, request) &&
    has(rule.operations, request.operation) &&
    has(rule.apiGroups, resource.group) &&
    has(rule.apiVersions, resource.version) &&
    namesMatch(rule, request) &&
    (rule.resources ?? []).some((pattern) => {
      const [plural = "", subresource = ""] = pattern.split("/");
      return has([plural], resource.plural) && has([subresource], request.subresource ?? "");
    })
  );
}

/** The rules of policies may name objects. */
function namesMatch({ resourceNames = [] }: Rule, { name }: ReviewRequest): boolean {
  return resourceNames.length === 0 || resourceNames.includes(name);
}

/** A Namespace is of the cluster. */
function scopeMatches({ scope = "*" }: Rule, request: ReviewRequest): boolean {
  if (scope === "*") return true;
  const namespaced = !isNamespace(request) && request.namespace !== "";
  return scope === "Namespaced" ? namespaced : !namespaced;
}

/** True where the labels of the namespace and of the object, before or after, are those asked for. */
export function selectorsMatch(
  { namespaces, objects }: Pick<Hook, "namespaces" | "objects">,
  { request, versions, store }: { request: ReviewRequest; versions: Versions; store: ObjectStore },
): boolean {
  const ofNamespace =
    namespaces.isEmpty || namespaces.matches(namespaceLabels({ request, versions, store }));
  if (!ofNamespace && requestNamespace(request) !== "") return false;
  const { object, oldObject } = versions;
  const selected = (one: KubeObject | undefined): boolean =>
    one !== undefined && objects.matches(one.metadata?.labels);
  return objects.isEmpty || selected(object) || selected(oldObject);
}

function namespaceLabels({
  request,
  versions,
  store,
}: {
  request: ReviewRequest;
  versions: Versions;
  store: ObjectStore;
}): Labels | undefined {
  if (isNamespace(request) && versions.object !== undefined)
    return versions.object.metadata?.labels;
  const place = { resource: NAMESPACES, namespace: "" };
  return newestOf(store, place, requestNamespace(request))?.metadata?.labels;
}
