import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { elfNeeds } from "#test/kit/elf.ts";
import { BINARY } from "#test/kit/site-process.ts";

/** glibc 2.17: CentOS 7, Debian 8. */
const OLDEST_GLIBC = [2, 17] as const;
const GLIBC_LIBRARIES =
  /^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1|ld-linux-(x86-64|aarch64)\.so\.[12])$/;
const MAX_BYTES = 120 * 1024 * 1024;

test("the binary needs the C library and nothing else, none of it newer than 2.17", () => {
  const { libraries, versions } = elfNeeds(BINARY);
  expect(libraries.length).toBeGreaterThan(0);
  expect(libraries.filter((library) => !GLIBC_LIBRARIES.test(library))).toEqual([]);
  const [major, minor] = OLDEST_GLIBC;
  const newer = versions.filter((version) => {
    const [, a = 0, b = 0] = (/^GLIBC_(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
    return !version.startsWith("GLIBC_") || a > major || (a === major && b > minor);
  });
  expect(versions.length).toBeGreaterThan(0);
  expect(newer).toEqual([]);
});

test("the binary is no larger than 120 MiB", () => {
  expect(statSync(BINARY).size).toBeLessThan(MAX_BYTES);
});
