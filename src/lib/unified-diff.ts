import { matchingBlocks, type Range } from "./matching-blocks.ts";

/** So many lines around a change are shown. */
const CONTEXT = 3;

/** What stands in one text where something else, or nothing, stands in the other. */
interface Change {
  readonly before: Range;
  readonly after: Range;
}

/**
 * How one text becomes another, in unified format without names of files: hunks with three lines of
 * context, each line with its end; empty where they are the same. Go's port of Python's difflib, with
 * which Kubernetes shows differences, says the same to the letter. Lines come without their ends.
 */
export function unifiedDiff(before: readonly string[], after: readonly string[]): string {
  return hunks(changesBetween(before, after))
    .map((changes) => hunkText(changes, { before, after }))
    .join("");
}

function changesBetween(before: readonly string[], after: readonly string[]): Change[] {
  const changes: Change[] = [];
  const end = { before: before.length, after: after.length, size: 0 };
  let at = { before: 0, after: 0 };
  for (const block of [...matchingBlocks(before, after), end]) {
    if (at.before < block.before || at.after < block.after) {
      changes.push({
        before: { from: at.before, to: block.before },
        after: { from: at.after, to: block.after },
      });
    }
    at = { before: block.before + block.size, after: block.after + block.size };
  }
  return changes;
}

/** Changes whose contexts touch are shown together. */
function hunks(changes: readonly Change[]): Change[][] {
  const all: Change[][] = [];
  for (const change of changes) {
    const hunk = all.at(-1);
    const last = hunk?.at(-1);
    if (last && change.before.from - last.before.to <= 2 * CONTEXT) hunk?.push(change);
    else all.push([change]);
  }
  return all;
}

function hunkText(
  changes: readonly Change[],
  { before, after }: { before: readonly string[]; after: readonly string[] },
): string {
  const [first, last] = [changes.at(0), changes.at(-1)];
  if (!(first && last)) return "";
  const lead = Math.min(CONTEXT, first.before.from);
  const trail = Math.min(CONTEXT, before.length - last.before.to);
  const whole = ({ from }: Range, { to }: Range) =>
    rangeText({ from: from - lead, to: to + trail });
  const [old, now] = [whole(first.before, last.before), whole(first.after, last.after)];
  const lines = [`@@ -${old} +${now} @@`];
  const show = (mark: string, { from, to }: Range, text: readonly string[]) => {
    for (const line of text.slice(from, to)) lines.push(mark + line);
  };
  let shown = first.before.from - lead;
  for (const change of changes) {
    show(" ", { from: shown, to: change.before.from }, before);
    show("-", change.before, before);
    show("+", change.after, after);
    shown = change.before.to;
  }
  show(" ", { from: shown, to: shown + trail }, before);
  return lines.map((line) => `${line}\n`).join("");
}

/** `7` one line, `7,2` two, `6,0` none behind the sixth. */
function rangeText({ from, to }: Range): string {
  const length = to - from;
  if (length === 1) return String(from + 1);
  return length === 0 ? `${from},0` : `${from + 1},${length}`;
}
