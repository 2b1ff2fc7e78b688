import { describe, expect, test } from "bun:test";
import {
  boundingDrops,
  CAPABILITIES,
  capabilityMask,
  capabilityNumber,
  capabilitySets,
  capsetArguments,
  containerCapabilities,
  DEFAULT_CAPABILITIES,
  lastCapability,
  ownBoundingSet,
} from "./capabilities.ts";

const LAST = CAPABILITIES.length - 1;
const ALL = capabilityMask(CAPABILITIES);
const wish = (more: Partial<Parameters<typeof containerCapabilities>[0]>) => [
  ...containerCapabilities({ add: [], drop: [], privileged: false, ...more }, ALL),
];

test("names have the kernel's numbers", () => {
  expect(capabilityNumber("CAP_CHOWN")).toBe(0);
  expect(capabilityNumber("CAP_SYS_ADMIN")).toBe(21);
  expect(capabilityNumber("CAP_CHECKPOINT_RESTORE")).toBe(40);
  expect(lastCapability()).toBeGreaterThanOrEqual(LAST);
});

test("Docker's default set is the mask that its containers show", () => {
  expect(capabilityMask(DEFAULT_CAPABILITIES).toString(16)).toBe("a80425fb");
});

describe("containerCapabilities()", () => {
  test("adds and drops by any spelling", () => {
    const got = wish({ add: ["net_admin", "CAP_SYS_TIME"], drop: ["NET_RAW", "mknod"] });
    expect(got).toContain("CAP_NET_ADMIN");
    expect(got).toContain("CAP_SYS_TIME");
    expect(got).not.toContain("CAP_NET_RAW");
    expect(got).not.toContain("CAP_MKNOD");
    expect(got).toHaveLength(DEFAULT_CAPABILITIES.length);
  });

  test("ALL counts before the names", () => {
    expect(wish({ drop: ["ALL"] })).toEqual([]);
    expect(wish({ drop: ["all"], add: ["CHOWN"] })).toEqual(["CAP_CHOWN"]);
    expect(wish({ add: ["CAP_ALL"], drop: ["SYS_ADMIN"] })).toEqual(
      CAPABILITIES.filter((name) => name !== "CAP_SYS_ADMIN"),
    );
    expect(wish({ privileged: true, drop: ["ALL"] })).toEqual([...CAPABILITIES]);
  });

  test("leaves out what nobody can have here, and refuses what no kernel knows", () => {
    const privileged = { add: [], drop: [], privileged: true };
    const older = capabilityMask(CAPABILITIES.slice(0, 38));
    expect([...containerCapabilities(privileged, older)].at(-1)).toBe("CAP_AUDIT_READ");
    const kept = containerCapabilities(privileged, ALL & ~capabilityMask(["CAP_SYS_RESOURCE"]));
    expect(kept).not.toContain("CAP_SYS_RESOURCE");
    expect(kept.size).toBe(CAPABILITIES.length - 1);
    expect(() => wish({ add: ["FLY"] })).toThrow("There is no capability FLY");
  });
});

test("root has them in force; others have only what their bounding set lets them gain", () => {
  const root = capabilitySets(["CAP_CHOWN", "CAP_BPF"], { root: true });
  expect(root).toEqual({
    bounding: 0x8000000001n,
    permitted: 0x8000000001n,
    effective: 0x8000000001n,
    inheritable: 0n,
    ambient: 0n,
  });
  expect(capabilitySets(["CAP_CHOWN"], { root: false })).toMatchObject({
    bounding: 1n,
    permitted: 0n,
    effective: 0n,
  });
  const { header, data } = capsetArguments(root);
  expect(Buffer.from(header).toString("hex")).toBe("2205082000000000");
  expect(Buffer.from(data).toString("hex")).toBe(
    "010000000100000000000000800000008000000000000000",
  );
});

test("what is not in the bounding set is dropped from it", () => {
  expect(boundingDrops(0b101n, 4)).toEqual([1, 3, 4]);
  const own = ownBoundingSet();
  expect(boundingDrops(own)).toHaveLength(
    Array.from({ length: lastCapability() + 1 }, (_, bit) => bit).filter(
      (bit) => ((own >> BigInt(bit)) & 1n) === 0n,
    ).length,
  );
});
