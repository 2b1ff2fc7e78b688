import { afterAll, beforeAll, describe, expect } from "bun:test";
import { type Kubectl, kubectls } from "./kubectl.ts";
import { KubectlSpace } from "./kubectl-space.ts";
import type { NetworkNamespace } from "./network-namespace.ts";
import { SiteProcess } from "./site-process.ts";
import { suiteKubectls, suiteRuntime } from "./suite-runtime.ts";

const START_MS = 60_000;

/** What a test gets. */
export interface KubectlTest {
  readonly kubectl: () => KubectlSpace;
  /** The network that site and kubectl are on. */
  readonly host: () => NetworkNamespace;
}

/** What the tests of a file need besides themselves. */
export interface KubectlTests {
  /** Runs once in each namespace, before its tests. */
  readonly prepare?: (kubectl: KubectlSpace) => Promise<void>;
  /** Default: every kubectl at hand, or those that stand for all. */
  readonly versions?: readonly Kubectl[];
}

/**
 * Declares the tests of a file once for every kubectl: one site for all, a namespace for each. All
 * that they do makes the site warn of nothing.
 */
export async function eachKubectl(
  declare: (context: KubectlTest) => void,
  { prepare, versions }: KubectlTests = {},
): Promise<void> {
  let site: SiteProcess;

  beforeAll(async () => {
    site = await SiteProcess.alone(suiteRuntime());
  }, START_MS);

  afterAll(async () => {
    expect(site.log).not.toMatch(/ (WARN|ERROR) /);
    await site[Symbol.asyncDispose]();
  }, START_MS);

  const each = (versions ?? suiteKubectls() ?? (await kubectls())).map(
    (one) => [one.version, one] as const,
  );
  describe.each(each)("kubectl %s", (_, version) => {
    let kubectl: KubectlSpace;

    beforeAll(async () => {
      kubectl = await KubectlSpace.create({ site, host: site.network, version });
      await prepare?.(kubectl);
    }, START_MS);

    afterAll(() => kubectl[Symbol.asyncDispose](), START_MS);

    declare({ kubectl: () => kubectl, host: () => site.network });
  });
}
