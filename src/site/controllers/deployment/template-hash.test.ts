import { expect, test } from "bun:test";
import { HASH_LABEL, sameTemplate, templateHash } from "./template-hash.ts";

const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image }] },
});

test("a hash is a short label value that depends on content, not on the order of keys", () => {
  const { spec, metadata } = template("a");
  const hash = templateHash({ metadata, spec }, 0);
  expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  expect(templateHash({ spec, metadata }, 0)).toBe(hash);
  expect(templateHash(template("b"), 0)).not.toBe(hash);
  expect(templateHash(template("a"), 1)).not.toBe(hash);
});

test("templates are the same whatever their hash label", () => {
  const labelled = { ...template("a"), metadata: { labels: { app: "web", [HASH_LABEL]: "x" } } };
  expect(sameTemplate(labelled, template("a"))).toBe(true);
  expect(sameTemplate(labelled, template("b"))).toBe(false);
});
