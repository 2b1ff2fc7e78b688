import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { tarOf } from "#test/kit/image-archives.ts";
import { output } from "#test/kit/process.ts";
import type { TarEntry } from "./entry.ts";
import { headerBlock } from "./header-block.ts";
import { paxTime } from "./pax.ts";
import { TarReader, type TarSink } from "./reader.ts";
import { TarError } from "./tar-error.ts";

interface Read {
  readonly entry: TarEntry;
  readonly content: Buffer;
}

/** Takes everything in, and the archive's own bytes as they pass. */
class Collector implements TarSink {
  readonly entries: Read[] = [];
  readonly #passed: Buffer[] = [];

  raw(bytes: Buffer): void {
    this.#passed.push(Buffer.from(bytes));
  }

  entry(entry: TarEntry): void {
    this.entries.push({ entry, content: Buffer.alloc(entry.sizeBytes) });
  }

  content(bytes: Buffer, offset: number): void {
    this.#passed.push(Buffer.from(bytes));
    bytes.copy(this.entries.at(-1)?.content ?? Buffer.alloc(0), offset);
  }

  entryEnd(): void {}

  get passed(): Buffer {
    return Buffer.concat(this.#passed);
  }
}

function read(archive: Uint8Array, pieceBytes = archive.length): Collector {
  const collector = new Collector();
  const reader = new TarReader(collector);
  for (let at = 0; at < archive.length; at += pieceBytes) {
    reader.push(archive.subarray(at, at + pieceBytes));
  }
  reader.end();
  return collector;
}

const utf8 = (name: string): string => Buffer.from(name).toString("latin1");

const names = fc
  .array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.map((part) => part.replace(/[/\0]/g, "_")).join("/"));

const items = fc.record({
  name: names,
  content: fc.uint8Array({ maxLength: 3000 }),
  mode: fc.integer({ min: 1, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 0o777777 }),
  gid: fc.integer({ min: 0, max: 0o777777 }),
  mtime: fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seconds) => new Date(seconds * 1000)),
});

describe("TarReader", () => {
  test("reads what tar-stream writes, in pieces of any size, and passes on every byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(items, { maxLength: 8 }),
        fc.integer({ min: 1, max: 5000 }),
        async (wanted, pieceBytes) => {
          const archive = await tarOf(wanted);
          const { entries, passed } = read(archive, pieceBytes);
          expect(passed.equals(archive)).toBe(true);
          expect(
            entries.map(({ entry, content }) => [
              entry.path,
              content.toString("hex"),
              entry.mode,
              entry.uid,
              entry.gid,
              entry.modified.seconds,
            ]),
          ).toEqual(
            wanted.map(({ name, content, mode, uid, gid, mtime }) => [
              utf8(name),
              Buffer.from(content).toString("hex"),
              mode,
              uid,
              gid,
              mtime.getTime() / 1000,
            ]),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test("takes bytes that are no archive without anything but a TarError", async () => {
    const archive = await tarOf([
      { name: "a".repeat(200), content: "x" },
      { name: "b", content: "y" },
    ]);
    fc.assert(
      fc.property(
        fc.nat(archive.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(archive.length),
        (at, byte, length) => {
          const damaged = Buffer.from(archive.subarray(0, length));
          if (at < length) damaged[at] = byte;
          try {
            read(damaged, 700);
          } catch (error) {
            expect(error).toBeInstanceOf(TarError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  const formats = [
    ["gnu", ["--format=gnu"]],
    ["pax 0.0", ["--format=posix", "--sparse-version=0.0"]],
    ["pax 0.1", ["--format=posix", "--sparse-version=0.1"]],
    ["pax 1.0", ["--format=posix", "--sparse-version=1.0"]],
  ] as const;
  for (const [format, options] of formats) {
    test(`reads GNU tar's sparse files: ${format}`, async () => {
      const directory = mkdtempSync("/dev/shm/edgesite-tar-");
      try {
        const name = "s".repeat(120);
        await Bun.write(join(directory, "program.sh"), SPARSE);
        await output(["sh", join(directory, "program.sh"), join(directory, name)]);
        const path = join(directory, "a.tar");
        await output(["tar", "-C", directory, "--sparse", ...options, "-cf", path, name]);
        const archive = readFileSync(path);
        const { entries, passed } = read(archive, 999);
        expect(archive.length).toBeLessThan(1024 * 1024);
        expect(passed.equals(archive)).toBe(true);
        expect(entries.map(({ entry }) => entry.path)).toEqual([name]);
        expect(entries[0]?.content.equals(readFileSync(join(directory, name)))).toBe(true);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }

  test("reads numbers in base 256 and refuses those that are too large", () => {
    const header = headerBlock({ name: "x", sizeBytes: 2 ** 40 });
    const collector = new Collector();
    const entries: TarEntry[] = [];
    collector.entry = (entry) => entries.push(entry);
    new TarReader(collector).push(header);
    expect(entries[0]?.sizeBytes).toBe(2 ** 40);
  });

  test("says what is wrong", async () => {
    const archive = await tarOf([{ name: "a", content: "x" }]);
    const broken = Buffer.from(archive);
    broken[0] = 0x62;
    expect(() => read(broken)).toThrow("the checksum of a header is wrong");
    expect(() => read(archive.subarray(0, 700))).toThrow("ends in the middle");
    const twice = Buffer.concat([
      archive.subarray(0, 1024),
      Buffer.alloc(512),
      archive.subarray(0, 1024),
    ]);
    expect(() => read(twice)).toThrow("an entry follows the end");
  });
});

/** Twenty-five pieces with holes between: more than fit into two blocks of a map. */
const SPARSE = `
truncate -s 16M "$1"
for at in $(seq 0 24); do printf "piece $at" | dd of="$1" bs=4096 seek=$((at * 100)) conv=notrunc status=none; done
`;

test("paxTime() reads times before 1970 and parts of a second", () => {
  expect(paxTime("1.5")).toEqual({ seconds: 1, nanoseconds: 500_000_000 });
  expect(paxTime("-1.25")).toEqual({ seconds: -2, nanoseconds: 750_000_000 });
  expect(paxTime("-3")).toEqual({ seconds: -3, nanoseconds: 0 });
});
