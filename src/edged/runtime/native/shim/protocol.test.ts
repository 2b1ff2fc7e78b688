import { expect, test } from "bun:test";
import { Steps } from "#linux/steps.ts";
import {
  decodeExitRecord,
  decodeMessage,
  encodeRequest,
  leadBody,
  REQUEST,
  sizeBody,
  smallBody,
  startBody,
} from "./protocol.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("requests are a header of 24 bytes and what their kind needs", () => {
  const signal = { kind: REQUEST.signal, key: 0x1122334455667788n, body: smallBody(15) };
  expect(hex(encodeRequest(signal, 9))).toBe(
    ["20000000", "02000000", "09000000", "00000000", "8877665544332211", "0f00000000000000"].join(
      "",
    ),
  );
  expect(hex(sizeBody({ rows: 24, columns: 80 }))).toBe("1800500000000000");
});

test("a start holds its settings, its directory and its steps", () => {
  const steps = new Steps();
  steps.call("getpid");
  const request = {
    ...{ key: 1n, namespaces: 0x20000, directory: "/a/directory", steps, tty: true, stdin: true },
    ...{ logLimitBytes: 5, logFiles: 3, timeoutMs: 250 },
  };
  const body = startBody(request, "arm64");
  expect(hex(body.subarray(0, 32))).toBe(
    ["0000020000000000", "0500000000000000", "03000000", "03000000", "fa000000", "0d000000"].join(
      "",
    ),
  );
  expect(Buffer.from(body.subarray(32, 48)).toString()).toBe("/a/directory\0\0\0\0");
  expect(body.subarray(48)).toEqual(steps.encode("arm64"));
  const lead = leadBody(request, "x64");
  expect(hex(lead.subarray(16, 32))).toBe(
    ["00000000", "04000000", "fa000000", "00000000"].join(""),
  );
  expect(lead.subarray(32)).toEqual(steps.encode("x64"));
});

test("requests that the shim would refuse are not sent", () => {
  const steps = new Steps();
  const request = {
    ...{ key: 1n, namespaces: 0, directory: `/${"x".repeat(4096)}`, steps, tty: false },
    ...{ stdin: false, logLimitBytes: 0, logFiles: 1, timeoutMs: 0 },
  };
  expect(() => startBody(request, "x64")).toThrow("the path is too long");
  const huge = { kind: REQUEST.start, key: 1n, body: new Uint8Array(16 * 1024 * 1024) };
  expect(() => encodeRequest(huge, 1)).toThrow("the most is 16 MiB");
});

test("messages tell of a container, with its exit code or the signal that killed it", () => {
  const view = new DataView(new ArrayBuffer(48));
  view.setUint32(0, 0x103, true);
  view.setBigUint64(8, 7n, true);
  view.setUint32(24, 42, true);
  view.setInt32(28, 9, true);
  view.setBigUint64(32, 1n, true);
  view.setBigUint64(40, 2n, true);
  const container = { key: 7n, pid: 42, startedAtNs: 1n, exit: { atNs: 2n, code: 137 } };
  expect(decodeMessage(view)).toEqual({ kind: "exit", container });
  view.setUint32(0, 0x100, true);
  view.setUint32(20, 0xffffffff, true);
  expect(decodeMessage(view)).toMatchObject({ kind: "reply", step: undefined });
  view.setUint32(20, 3, true);
  expect(decodeMessage(view)).toMatchObject({ kind: "reply", step: 3 });
  view.setUint32(0, 0x999, true);
  expect(() => decodeMessage(view)).toThrow("unknown kind");
});

test("an exit record that is not whole is none", () => {
  const record = Buffer.alloc(24);
  record.writeUInt32LE(5 << 8, 0);
  record.writeBigUInt64LE(20n, 8);
  record.writeBigUInt64LE(10n, 16);
  expect(decodeExitRecord(record)).toEqual({ startedAtNs: 10n, exit: { atNs: 20n, code: 5 } });
  expect(decodeExitRecord(record.subarray(0, 23))).toBeUndefined();
  expect(decodeExitRecord(Buffer.alloc(0))).toBeUndefined();
});
