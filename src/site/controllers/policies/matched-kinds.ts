import type { Catalog } from "#api/catalog.ts";
import type { ValidatingAdmissionPolicy } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";

type Spec = NonNullable<ValidatingAdmissionPolicy["spec"]>;
type Rules = NonNullable<NonNullable<Spec["matchConstraints"]>["resourceRules"]>;
type Named = Pick<Resource, "group" | "version" | "plural">;

/** As many kinds are looked at: a policy may name all there are. */
const MAX_KINDS = 10;

/**
 * The served kinds that the rules of a policy name, by group, version and kind: none for rules with
 * wildcards in groups or versions, no subresources. Rules are read until one alone has named ten.
 */
export function matchedKinds(rules: Rules, { resources }: Catalog): readonly Resource[] {
  const found = new Map<string, Resource>();
  for (const rule of rules) {
    const kinds = namedBy(rule)
      .flatMap((named) => resources.filter((row) => isNamed(row, named)))
      .slice(0, MAX_KINDS);
    for (const row of kinds) found.set(sortKey(row), row);
    if (kinds.length === MAX_KINDS) break;
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** A NUL sorts before everything that a name may have. */
const sortKey = ({ group, version, kind }: Resource): string => [group, version, kind].join("\0");

function namedBy({ apiGroups = [], apiVersions = [], resources = [] }: Rules[number]): Named[] {
  if ([...apiGroups, ...apiVersions].some((name) => name.includes("*"))) return [];
  const plurals = resources.filter((name) => !/[*/]/.test(name)).toSorted();
  return apiGroups
    .toSorted()
    .flatMap((group) =>
      apiVersions
        .toSorted()
        .flatMap((version) => plurals.map((plural) => ({ group, version, plural }))),
    );
}

/** The core group's name is empty, which Kubernetes takes for any group here. */
function isNamed(row: Resource, { group, version, plural }: Named): boolean {
  const { singular } = row;
  const isOfName = [row.plural, singular].includes(plural.toLowerCase());
  return isOfName && row.version === version && (group === "" || row.group === group);
}
