import { StatusError } from "../status.ts";
import { type FieldSet, fieldsIn } from "./field-set.ts";
import { compareTexts, type Owner, ownerId } from "./owners.ts";
import { compareElements, pathText } from "./path-element.ts";

/** A field that another manager owns with another value. */
export interface Conflict {
  readonly owner: Owner;
  readonly path: readonly string[];
}

/** One conflict for each field of each owner, in Kubernetes' order. */
export function conflictsOf(
  found: readonly { readonly owner: Owner; readonly fields: FieldSet }[],
): Conflict[] {
  const owners = [...found].sort((a, b) => compareTexts(ownerId(a.owner), ownerId(b.owner)));
  return owners.flatMap(({ owner, fields }) =>
    [...fieldsIn(fields)].sort(comparePaths).map((path) => ({ owner, path })),
  );
}

/** 409 as it tells them apart: one cause for each. */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${nameOf(owner)}`,
    field: pathText(path),
  }));
  return new StatusError(messageOf(conflicts), {
    code: 409,
    reason: "Conflict",
    details: { causes },
  });
}

function messageOf(conflicts: readonly Conflict[]): string {
  const [first, ...others] = conflicts;
  if (first !== undefined && others.length === 0)
    return `Apply failed with 1 conflict: conflict with ${nameOf(first.owner)}: ${pathText(first.path)}`;
  const lines = new Map<Owner, string[]>();
  for (const { owner, path } of conflicts) {
    const known = lines.get(owner) ?? [`conflicts with ${nameOf(owner)}:`];
    lines.set(owner, [...known, `- ${pathText(path)}`]);
  }
  const text = [...lines.values()].flat().join("\n");
  return `Apply failed with ${conflicts.length} conflicts: ${text}`;
}

function nameOf({ manager, subresource, operation, apiVersion }: Owner): string {
  const part = subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  const version = operation === "Update" ? ` using ${apiVersion}` : "";
  return JSON.stringify(manager) + part + version;
}

/** Members of a set before what lies deeper, as a walk through the set meets them. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; ; at += 1) {
    const [x, y] = [a[at], b[at]];
    if (x === undefined || y === undefined) return a.length - b.length;
    const [isLastX, isLastY] = [at === a.length - 1, at === b.length - 1];
    if (isLastX !== isLastY) return isLastX ? -1 : 1;
    const order = compareElements(x, y);
    if (order !== 0) return order;
  }
}
