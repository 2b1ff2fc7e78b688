import { afterAll, beforeAll } from "bun:test";
import { NativeSuite } from "#test/kit/native-suite.ts";
import { useRuntime } from "#test/kit/suite-runtime.ts";

let suite: NativeSuite | undefined;

beforeAll(async () => {
  suite = await NativeSuite.create();
  useRuntime(suite);
});

afterAll(() => suite?.[Symbol.dispose]());
