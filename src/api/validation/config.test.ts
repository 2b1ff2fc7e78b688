import { expect, test } from "bun:test";
import { changed, created } from "#test/kit/validate.ts";
import { CONFIG_MAPS, SECRETS } from "../resources/core-config.ts";

const metadata = { name: "x", namespace: "n" };

test("ConfigMap", () => {
  const map = { metadata, data: { "a b": "1", both: "" }, binaryData: { both: "" } };
  expect(created(CONFIG_MAPS, map)).toEqual([
    "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    'data[both]: Invalid value: "both": duplicate of key present in binaryData',
  ]);
  const large = { metadata, data: { a: "x".repeat(1_048_577) } };
  expect(created(CONFIG_MAPS, large)).toEqual(["[]: Too long: may not be more than 1048576 bytes"]);
  const sealed = { metadata, immutable: true, data: { a: "1" } };
  expect(changed(CONFIG_MAPS, sealed, { metadata, data: { a: "2" } })).toEqual([
    "immutable: Forbidden: field is immutable when `immutable` is set",
    "data: Forbidden: field is immutable when `immutable` is set",
  ]);
});

test.each([
  ["kubernetes.io/tls", {}, ["data[tls.crt]: Required value", "data[tls.key]: Required value"]],
  [
    "kubernetes.io/dockerconfigjson",
    { ".dockerconfigjson": "bm8=" },
    [
      "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character 'o' in literal null (expecting 'u')",
    ],
  ],
  [
    "kubernetes.io/basic-auth",
    {},
    ["data[username]: Required value", "data[password]: Required value"],
  ],
  ["kubernetes.io/ssh-auth", {}, ["data[ssh-privatekey]: Required value"]],
  [
    "kubernetes.io/service-account-token",
    {},
    ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
  ],
  ["Opaque", {}, []],
])("Secret of type %s", (type, data, expected) => {
  expect(created(SECRETS, { metadata, type, data })).toEqual(expected);
});

test("a Secret keeps its type", () => {
  expect(changed(SECRETS, { metadata }, { metadata, type: "x" })).toEqual([
    'type: Invalid value: "x": field is immutable',
  ]);
});
