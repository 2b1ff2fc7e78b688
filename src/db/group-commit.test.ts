import { expect, test } from "bun:test";
import { GroupCommit } from "./group-commit.ts";
import type { Operation } from "./operation.ts";

const setting = (name: string, value = ""): Operation => ({ kind: "putSetting", name, value });

/** A disk that takes its time: each commit waits until the test lets it end. */
function slowDisk() {
  const commits: { names: string[]; end: PromiseWithResolvers<void> }[] = [];
  const arrived: (() => void)[] = [];
  return {
    commits,
    async commit(operations: readonly Operation[]): Promise<void> {
      const names = operations.map((operation) => ("name" in operation ? operation.name : ""));
      const end = Promise.withResolvers<void>();
      commits.push({ names, end });
      for (const resolve of arrived.splice(0)) resolve();
      await end.promise;
    },
    next: () => new Promise<void>((resolve) => arrived.push(resolve)),
  };
}

test("turns that arrive while a commit is on its way share the next one", async () => {
  const disk = slowDisk();
  const commits = new GroupCommit(disk);
  const done: string[] = [];
  const put = (name: string) => commits.commit([setting(name)]).then(() => done.push(name));
  const first = put("a");
  await disk.next();
  const rest = [put("b"), put("c")];
  expect(done).toEqual([]);
  disk.commits[0]?.end.resolve();
  await first;
  await disk.next();
  disk.commits[1]?.end.resolve();
  await Promise.all(rest);
  expect(disk.commits.map(({ names }) => names)).toEqual([["a"], ["b", "c"]]);
  expect(done).toEqual(["a", "b", "c"]);
});

test("a failed commit fails its group and all that was queued behind it", async () => {
  const disk = slowDisk();
  const commits = new GroupCommit(disk);
  const put = (name: string) => commits.commit([setting(name)]).catch((e: Error) => e.message);
  const first = put("a");
  await disk.next();
  const second = put("b");
  disk.commits[0]?.end.reject(new Error("disk full"));
  expect(await Promise.all([first, second])).toEqual(["disk full", "disk full"]);
  const third = put("c");
  await disk.next();
  disk.commits[1]?.end.resolve();
  expect(await third).toBeUndefined();
});

test("a rider goes along with the next commit, and only its newest version", async () => {
  const disk = slowDisk();
  const commits = new GroupCommit(disk);
  commits.ride({ operation: setting("rider", "old"), withinMs: 60_000 });
  commits.ride({ operation: setting("rider", "new"), withinMs: 60_000 });
  const put = commits.commit([setting("a")]);
  await disk.next();
  disk.commits[0]?.end.resolve();
  await put;
  expect(disk.commits.map(({ names }) => names)).toEqual([["rider", "a"]]);
  await commits.drain();
  expect(disk.commits).toHaveLength(1);
});

test("drain() writes riders that found no company", async () => {
  const disk = slowDisk();
  const commits = new GroupCommit(disk);
  commits.ride({ operation: setting("rider"), withinMs: 60_000 });
  const drained = commits.drain();
  await disk.next();
  disk.commits[0]?.end.resolve();
  await drained;
  expect(disk.commits.map(({ names }) => names)).toEqual([["rider"]]);
});

test("what is written while turns are being told does not overtake those still to be told", async () => {
  const disk = slowDisk();
  const commits = new GroupCommit(disk);
  const told: string[] = [];
  const turn = (name: string, done: () => void = () => undefined) => ({
    operations: [setting(name)],
    done: () => {
      told.push(name);
      done();
    },
    failed: () => undefined,
  });
  const volatile = {
    operations: [],
    done: () => void told.push("volatile"),
    failed: () => undefined,
  };
  commits.enqueue(turn("a", () => commits.enqueue(volatile)));
  commits.enqueue(turn("b"));
  await disk.next();
  disk.commits[0]?.end.resolve();
  await commits.drain();
  expect(told).toEqual(["a", "b", "volatile"]);
});

test("the row of a turn that rides is written after what was queued before the turn", async () => {
  const disk = slowDisk();
  const commits = new GroupCommit(disk);
  const first = commits.commit([setting("row")]);
  const rider = { operation: setting("row", "newer"), withinMs: 60_000 };
  commits.enqueue({ operations: [], rider, done: () => undefined, failed: () => undefined });
  await disk.next();
  expect(disk.commits[0]?.names).toEqual(["row"]);
  disk.commits[0]?.end.resolve();
  await first;
  const drained = commits.drain();
  await disk.next();
  disk.commits[1]?.end.resolve();
  await drained;
  expect(disk.commits[1]?.names).toEqual(["row"]);
});

test("a failed turn takes no rider along, and leaves those of others where they were", async () => {
  const disk = slowDisk();
  const commits = new GroupCommit(disk);
  commits.ride({ operation: setting("kept"), withinMs: 60_000 });
  const failed = commits.commit([setting("kept", "newer")]).catch(() => "failed");
  const rider = { operation: setting("lost"), withinMs: 60_000 };
  commits.enqueue({ operations: [], rider, done: () => undefined, failed: () => undefined });
  await disk.next();
  disk.commits[0]?.end.reject(new Error("disk full"));
  expect(await failed).toBe("failed");
  const drained = commits.drain();
  await disk.next();
  disk.commits[1]?.end.resolve();
  await drained;
  expect(disk.commits[1]?.names).toEqual(["kept"]);
});

test("drain() also writes riders that came while a commit was on its way", async () => {
  const disk = slowDisk();
  const commits = new GroupCommit(disk);
  const put = commits.commit([setting("a")]);
  await disk.next();
  commits.ride({ operation: setting("late"), withinMs: 60_000 });
  const drained = commits.drain();
  disk.commits[0]?.end.resolve();
  await put;
  await disk.next();
  disk.commits[1]?.end.resolve();
  await drained;
  expect(disk.commits[1]?.names).toEqual(["late"]);
});
