import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "#lib/log.ts";
import { eventually } from "#test/kit/eventually.ts";
import { MemoryImageRows } from "#test/kit/memory-image-rows.ts";
import { ImageDirectory } from "./image-directory.ts";
import { ImageError } from "./image-error.ts";

let directory = "";
let rows: MemoryImageRows;
let imported: string[] = [];
let told = 0;
let stop = new AbortController();
let ended: Promise<void> = Promise.resolve();

beforeEach(() => {
  directory = mkdtempSync("/dev/shm/edgesite-dropped-");
  mkdirSync(join(directory, "images"));
  rows = new MemoryImageRows();
  imported = [];
  told = 0;
});
afterEach(async () => {
  await leave();
  rmSync(directory, { recursive: true });
});

const at = (name: string): string => join(directory, "images", name);

function watch(): ImageDirectory {
  stop = new AbortController();
  const archives = new ImageDirectory({
    directory: join(directory, "images"),
    rows,
    log: silentLogger,
    images: {
      async import({ path }) {
        if (path.includes("broken")) throw new ImageError(`Cannot import ${path}: no`);
        imported.push(path);
        return ["x:1"];
      },
    },
  });
  ended = archives.run(stop.signal, () => {
    told += 1;
  });
  return archives;
}

async function leave(): Promise<void> {
  stop.abort(new Error("The test is over"));
  await ended;
}

describe("ImageDirectory", () => {
  test("takes in what lies there at the start, and not again after the next one", async () => {
    writeFileSync(at("a.tar"), "a");
    await watch().settled;
    expect(imported).toEqual([at("a.tar")]);
    expect(told).toBe(1);
    await leave();
    await watch().settled;
    expect(imported).toHaveLength(1);
    expect(told).toBe(1);
  });

  test("takes in what appears, under whatever name once, and what was changed again", async () => {
    await watch().settled;
    writeFileSync(join(directory, "elsewhere"), "a");
    renameSync(join(directory, "elsewhere"), at("a.tar"));
    await eventually(() => imported.length === 1, { what: "The archive" });
    writeFileSync(at("same.tar"), "a");
    await eventually(() => rows.list("archive").length === 2, { what: "The second row" });
    expect(imported).toHaveLength(1);
    writeFileSync(at("a.tar"), "other");
    await eventually(() => imported.length === 2, { what: "The changed archive" });
    rmSync(at("a.tar"));
    await eventually(() => rows.list("archive").length === 1, { what: "The row of what is gone" });
  });

  test("outlives the directory itself", async () => {
    await watch().settled;
    rmSync(join(directory, "images"), { recursive: true });
    await eventually(() => existsSync(join(directory, "images")), { what: "The directory" });
    writeFileSync(at("a.tar"), "a");
    await eventually(() => imported.length === 1, { what: "The archive" });
  });

  test("names what is broken until it is mended or gone", async () => {
    writeFileSync(at("broken.tar"), "x");
    const archives = watch();
    await archives.settled;
    expect(archives.problems).toEqual([`Cannot import ${at("broken.tar")}: no`]);
    rmSync(at("broken.tar"));
    await eventually(() => archives.problems.length === 0, { what: "No problem" });
  });
});
