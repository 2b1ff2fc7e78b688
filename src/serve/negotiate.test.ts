import { expect, test } from "bun:test";
import { negotiate } from "./negotiate.ts";

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

const OFFER = { transforms: true, protobuf: () => true };

test.each([
  [null, { media: "json", version: "v1" }],
  ["", { media: "json", version: "v1" }],
  ["*/*", { media: "json", version: "v1" }],
  ["application/json;q=0", { media: "json", version: "v1" }],
  ["application/json;q=0,application/yaml;q=0.1", { media: "yaml", version: "v1" }],
  ["application/vnd.kubernetes.protobuf,application/json", { media: "json", version: "v1" }],
  ["text/html, application/yaml", { media: "yaml", version: "v1" }],
  ["application/yaml;q=0.5, application/json", { media: "json", version: "v1" }],
  [`${TABLE},application/json`, { media: "json", as: "Table", version: "v1" }],
  [
    "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
    { media: "json", as: "Table", version: "v1beta1" },
  ],
  [
    "application/json;as=Nonsense;v=v1;g=meta.k8s.io,application/json",
    { media: "json", version: "v1" },
  ],
] as const)("%p is answered as %p", (accept, format) => {
  expect(negotiate(accept, OFFER)).toEqual(format);
});

test.each(["text/html", "constructor"])("%p is answered with 406", (accept) => {
  expect(() => negotiate(accept, OFFER)).toThrow("only the following media types");
});

test("where objects have no metadata nothing can be transformed", () => {
  expect(() => negotiate(TABLE, { ...OFFER, transforms: false })).toThrow(
    "only the following media types",
  );
});

test("protobuf is given to those who take nothing else, and never as a Table", () => {
  const protobuf = "application/vnd.kubernetes.protobuf";
  expect(negotiate(protobuf, OFFER)).toEqual({ media: "protobuf", version: "v1" });
  expect(negotiate(`${protobuf},application/json;q=0.1`, OFFER).media).toBe("json");
  expect(negotiate(`${protobuf}, */*`, OFFER).media).toBe("json");
  const message =
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";
  expect(() => negotiate(`${protobuf};as=Table;v=v1;g=meta.k8s.io`, OFFER)).toThrow(message);
  expect(() => negotiate(protobuf, { ...OFFER, protobuf: () => false })).toThrow(message);
});

test("a watch has no YAML", () => {
  expect(() => negotiate("application/yaml", { ...OFFER, watch: true })).toThrow(
    "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
  );
});
