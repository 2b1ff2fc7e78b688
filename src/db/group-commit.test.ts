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
  commits.ride(setting("rider", "old"), 60_000);
  commits.ride(setting("rider", "new"), 60_000);
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
  commits.ride(setting("rider"), 60_000);
  const drained = commits.drain();
  await disk.next();
  disk.commits[0]?.end.resolve();
  await drained;
  expect(disk.commits.map(({ names }) => names)).toEqual([["rider"]]);
});
