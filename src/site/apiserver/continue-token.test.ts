import { expect, test } from "bun:test";
import { decodeContinue, encodeContinue } from "./continue-token.ts";

test("a token is Kubernetes' own form, there and back", () => {
  const token = { resourceVersion: 42, start: "web\0" };
  const text = encodeContinue(token);
  expect(Buffer.from(text, "base64url").toString()).toBe(
    '{"v":"meta.k8s.io/v1","rv":42,"start":"web\\u0000"}',
  );
  expect(decodeContinue(text)).toEqual(token);
  const anything = { resourceVersion: -1, start: "edge" };
  expect(decodeContinue(encodeContinue(anything))).toEqual(anything);
});

// Observed on k8s.io/apiextensions-apiserver 0.36.4.
const json = (text: string): string => Buffer.from(text).toString("base64url");
test.each([
  ["nonsense!", "illegal base64 data at input byte 8"],
  ["bogus", "illegal base64 data at input byte 4"],
  ["eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ==", "illegal base64 data at input byte 30"],
  [json("hello"), "invalid character 'h' looking for beginning of value"],
  [json("{} x"), "invalid character 'x' after top-level value"],
  [json("[]"), "json: cannot unmarshal array into Go value of type storage.continueToken"],
  [json("null"), "server does not recognize this encoded version "],
  [
    json('{"v":"meta.k8s.io/v2","rv":5,"start":"a"}'),
    "server does not recognize this encoded version meta.k8s.io/v2",
  ],
  [json('{"v":"meta.k8s.io/v1","rv":5}'), "encoded start key empty (version meta.k8s.io/v1)"],
  [
    json('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}'),
    "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
  ],
  [
    json('{"v":"meta.k8s.io/v1","rv":"5","start":"a"}'),
    "json: cannot unmarshal string into Go struct field continueToken.rv of type int64",
  ],
  [
    json('{"v":"meta.k8s.io/v1","rv":1.5,"start":"a"}'),
    "json: cannot unmarshal number 1.5 into Go struct field continueToken.rv of type int64",
  ],
  [json('{"v":"meta.k8s.io/v1","rv":-1,"start":"../a"}'), "../a"],
])("%p is no token", (text, why) => {
  expect(() => decodeContinue(text)).toThrow(
    `invalid continue token: continue key is not valid: ${why}`,
  );
});
