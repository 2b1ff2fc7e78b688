import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RotatingFile, type RotatingFileOptions } from "./rotating-file.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

let directory: string;
let now: Date;
let failures: unknown[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rotating-"));
  now = new Date("2026-01-31T10:00:00.000Z");
  failures = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const make = (options: Partial<RotatingFileOptions> = {}): RotatingFile =>
  new RotatingFile({
    path: join(directory, "audit.log"),
    ...{ maxBytes: 10, maxBackups: 0, maxAgeMs: 0, maxQueuedBytes: 1000 },
    now: () => now,
    onFailure: (error) => failures.push(error),
    ...options,
  });

/** Writes a line, and waits until it is there. */
async function write(line: string, options: Partial<RotatingFileOptions> = {}): Promise<void> {
  const file = make(options);
  file.write(line);
  await file.close();
}

const files = (): string[] => readdirSync(directory).toSorted();
const read = (name: string): string => readFileSync(join(directory, name), "utf8");

test("lines lie in a file that nobody else may read", async () => {
  const file = make({ maxBytes: 1000 });
  expect([file.write("one"), file.write("two")]).toEqual([true, true]);
  await file.close();
  expect(read("audit.log")).toBe("one\ntwo\n");
  expect(statSync(join(directory, "audit.log")).mode & 0o777).toBe(0o600);
  await write("three", { maxBytes: 1000 });
  expect(read("audit.log")).toBe("one\ntwo\nthree\n");
});

test("a full file is set aside, under the time; no line is torn", async () => {
  await write("12345678");
  await write("abcdefghijklmnop");
  expect(files()).toEqual(["audit-2026-01-31T10-00-00.000.log", "audit.log"]);
  expect(read("audit-2026-01-31T10-00-00.000.log")).toBe("12345678\n");
  expect(read("audit.log")).toBe("abcdefghijklmnop\n");
});

test("so many are kept as is said, and other files are nobody's business", async () => {
  await Bun.write(join(directory, "audit-notes.log"), "mine");
  for (const second of [1, 2, 3, 4]) {
    now = new Date(`2026-01-31T10:00:0${second}.000Z`);
    await write("12345678", { maxBackups: 2 });
  }
  expect(files()).toEqual([
    ...["audit-2026-01-31T10-00-03.000.log", "audit-2026-01-31T10-00-04.000.log"],
    ...["audit-notes.log", "audit.log"],
  ]);
});

test("and as long", async () => {
  for (const day of ["01", "02", "09", "10"]) {
    now = new Date(`2026-02-${day}T00:00:00.000Z`);
    await write("12345678", { maxAgeMs: 2 * DAY_MS });
  }
  expect(files()).toEqual([
    ...["audit-2026-02-09T00-00-00.000.log", "audit-2026-02-10T00-00-00.000.log", "audit.log"],
  ]);
});

test("what is too much to wait is refused, and does not wait", async () => {
  const file = make({ maxQueuedBytes: 10 });
  expect([file.write("12345678"), file.write("x"), file.write("")]).toEqual([true, false, true]);
  await file.close();
  expect(file.write("12345678")).toBeTrue();
  await file.close();
});

test("a failure is told once, and costs what it met alone", async () => {
  const file = make({ path: join(directory, "none", "audit.log") });
  file.write("lost");
  await file.close();
  file.write("lost");
  await file.close();
  expect(failures).toHaveLength(1);
});
