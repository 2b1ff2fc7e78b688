import { expect, test } from "bun:test";
import { negotiate } from "./negotiate.ts";

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

test.each([
  [null, { media: "json", version: "v1" }],
  ["", { media: "json", version: "v1" }],
  ["*/*", { media: "json", version: "v1" }],
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
  expect(negotiate(accept, { transforms: true })).toEqual(format);
});

test.each([
  "text/html",
  "application/vnd.kubernetes.protobuf",
  "application/json;q=0",
  "constructor",
])("%p is answered with 406", (accept) => {
  expect(() => negotiate(accept, { transforms: true })).toThrow("only the following media types");
});

test("where objects have no metadata nothing can be transformed", () => {
  expect(() => negotiate(TABLE, { transforms: false })).toThrow("only the following media types");
});
