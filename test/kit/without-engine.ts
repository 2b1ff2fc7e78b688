import { afterAll, beforeAll } from "bun:test";
import { oldestAndNewest } from "#test/kit/kubectl.ts";
import { NativeSuite } from "#test/kit/native-suite.ts";
import { useKubectls, useRuntime } from "#test/kit/suite-runtime.ts";

useKubectls(await oldestAndNewest());

let suite: NativeSuite | undefined;

beforeAll(async () => {
  suite = await NativeSuite.create();
  useRuntime(suite);
});

afterAll(() => suite?.[Symbol.dispose]());
