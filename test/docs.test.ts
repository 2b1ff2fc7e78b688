import { expect, test } from "bun:test";
import { generatedDocs } from "./kit/generated-docs.ts";

test.each([...generatedDocs()])(
  "%s is what the source says; run 'npm run docs'",
  async (path, text) => {
    expect(await Bun.file(path).text()).toBe(text);
  },
);
