import { expect, test } from "bun:test";
import { type Outcome, replay, type Scenario } from "#test/kit/apply-scenario.ts";

interface Recording extends Scenario {
  readonly outcomes: readonly Outcome[];
}

/**
 * Writes by several managers to objects of eight kinds, and what Kubernetes' own field manager
 * (apimachinery v0.36 with client-go's schema) left after each. `T` stands for any time; nulls and
 * empty strings, which Go writes and this server does not, are left out.
 */
const RECORDINGS: readonly Recording[] = (
  await Bun.file(new URL("recorded.jsonl", import.meta.url)).text()
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recording);

/** What Go writes as null or as an empty text is left out here, or is an empty list. */
const isNothing = (value: unknown): boolean =>
  value === "" || value === null || (Array.isArray(value) && value.length === 0);

/** Without times and without an order of entries: those written within one second have none. */
function comparable(value: unknown, name = ""): unknown {
  if (name === "time") return "T";
  if (Array.isArray(value)) {
    const list = value.map((element) => comparable(element));
    return name === "managedFields" ? sorted(list) : list;
  }
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, child]) => !isNothing(child));
  return Object.fromEntries(kept.map(([key, child]) => [key, comparable(child, key)] as const));
}

const text = (value: unknown): string => JSON.stringify(value);

/** Who wrote how, or which conflict: what tells two elements of such a list apart. */
function nameOf(element: unknown): string {
  const fields = Object.entries(Object(element));
  return text(fields.filter(([, value]) => typeof value === "string").sort());
}

const sorted = (list: unknown[]): unknown[] =>
  list.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

/** Go's maps give conflicts in any order, and name the object in front of what is wrong with it. */
function comparableOutcome({ error = "", code, causes = [], object }: Outcome): unknown {
  const said = error.replace(/^failed to create typed patch object \([^)]*\): /, "");
  const isCrash = error !== "" && (code === undefined || code === 500);
  const lines = isCrash && said.startsWith("errors:") ? ["errors:"] : said.split("\n").sort();
  return {
    lines,
    code: isCrash ? 500 : code,
    causes: sorted([...causes]),
    object: comparable(object),
  };
}

test.each(RECORDINGS.map((recording, index) => [index, recording.kind, recording] as const))(
  "recording %d of a %s ends as it did in Kubernetes",
  (_index, _kind, { outcomes, ...scenario }) => {
    const found = replay(scenario).map(comparableOutcome);
    expect(found).toEqual(outcomes.map(comparableOutcome));
  },
);
