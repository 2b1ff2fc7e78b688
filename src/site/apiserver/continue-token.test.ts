import { expect, test } from "bun:test";
import { decodeContinue, encodeContinue } from "./continue-token.ts";

test("a token is Kubernetes' own form, there and back", () => {
  const token = { resourceVersion: 42, after: "default/web" };
  const text = encodeContinue(token);
  expect(Buffer.from(text, "base64url").toString()).toBe(
    '{"v":"meta.k8s.io/v1","rv":42,"start":"default/web\\u0000"}',
  );
  expect(decodeContinue(text)).toEqual(token);
  const anything = { resourceVersion: -1, after: "/edge" };
  expect(decodeContinue(encodeContinue(anything))).toEqual(anything);
});

test.each([
  "",
  "nonsense",
  btoa("{}"),
  btoa('{"v":"meta.k8s.io/v1","rv":0,"start":"a\\u0000"}'),
  btoa("[1]"),
])("%p is no token", (text) => {
  expect(() => decodeContinue(text)).toThrow("invalid continue token");
});
