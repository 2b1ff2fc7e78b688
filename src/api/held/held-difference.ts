import { unifiedDiff } from "#lib/unified-diff.ts";
import type { ObjectType } from "../schema.ts";
import { heldLines, isHeldAlike, isTooLarge } from "./held-json.ts";

/**
 * How a value of a type changes, as Kubernetes tells it (apimachinery `util/diff`): the unified diff
 * of what its server holds. Empty where it holds both alike; one sentence where it is too large.
 */
export function heldDifference(
  type: ObjectType,
  { current, next }: { current: unknown; next: unknown },
): string {
  if (isHeldAlike(type, current, next)) return "";
  if (isTooLarge(current) || isTooLarge(next)) return "too much to show how it would change\n";
  return unifiedDiff(heldLines(type, current), heldLines(type, next));
}
