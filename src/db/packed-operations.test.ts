import { expect, test } from "bun:test";
import type { Operation } from "./operation.ts";
import { pack, unpack } from "./packed-operations.ts";

test("operations come out as they went in, whatever lies around their values", () => {
  const key = { collection: "/secrets", namespace: "a", name: "ü\u2028" };
  const operations: readonly Operation[] = [
    { kind: "putObject", key, value: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) },
    { kind: "removeObject", key },
    { kind: "putSetting", name: "n", value: "7" },
    { kind: "putMeta", key: "k", type: "secret", value: new Uint8Array() },
    { kind: "putObject", key, value: new Uint8Array([5, 255]) },
  ];
  expect(unpack(pack(operations))).toEqual(operations);
  expect(unpack(pack([]))).toEqual([]);
});
