import { loadavg } from "node:os";

/** What a benchmark found: numbers with their unit in the name, and words. */
export type Findings = Readonly<Record<string, number | string | readonly number[] | object>>;

/**
 * Prints the one line of a benchmark. `aim` is what the design asks for, in words; the load says how
 * much the machine did beside it.
 */
export function report(bench: string, findings: Findings & { readonly aim: string }): void {
  const [loadAverageOneMinute = 0] = loadavg();
  console.log(JSON.stringify({ bench, ...findings, loadAverageOneMinute }));
}

/** Progress, for whoever watches; never on standard output. */
export function note(text: string): void {
  console.error(`  ${text}`);
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  return percentile(numbers, 50);
}

/** The number that `percent` of the numbers do not exceed. */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const found = sorted[Math.ceil((sorted.length * percent) / 100) - 1];
  if (found === undefined) throw new RangeError("There is no middle of nothing");
  return found;
}

/** A number with as many digits after the point as are worth reading. */
export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** A number from the command line: `--seconds=60`. */
export function option(name: string, fallback: number): number {
  const prefix = `--${name}=`;
  const given = process.argv.find((arg) => arg.startsWith(prefix));
  return given === undefined ? fallback : Number(given.slice(prefix.length));
}

/** How long something took. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}
