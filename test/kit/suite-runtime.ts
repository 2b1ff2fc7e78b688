import { must } from "#lib/errors.ts";
import type { Kubectl } from "./kubectl.ts";

/** What the pods of a suite's sites run on. A suite is run once on each. */
export interface SuiteRuntime {
  /** What tells a site of it. */
  readonly env: Readonly<Record<string, string>>;
  /** Gives a site that was never started the images of the tests. */
  prepare(dataDir: string): void;
}

let runtime: SuiteRuntime | undefined;
let versions: readonly Kubectl[] | undefined;

/** Says what the sites of this process run their pods on. */
export function useRuntime(chosen: SuiteRuntime): void {
  runtime = chosen;
}

/** What all sites of this process run their pods on. */
export function suiteRuntime(): SuiteRuntime {
  return must(
    runtime,
    "a runtime: run this with --preload ./test/kit/with-engine.ts, or with ./test/kit/without-engine.ts",
  );
}

/**
 * Says which kubectls stand for all in this process: a suite that is run once on each runtime needs
 * every one of them only once.
 */
export function useKubectls(some: readonly Kubectl[]): void {
  versions = some;
}

/** The kubectls that stand for all; undefined where every one is wanted. */
export function suiteKubectls(): readonly Kubectl[] | undefined {
  return versions;
}
