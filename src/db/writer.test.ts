import { expect, test } from "bun:test";
import { UserError } from "#lib/errors.ts";
import { Database } from "./database.ts";

const key = new Uint8Array(32).fill(7);
const EMPTY =
  "{ objects: [], meta: [], addresses: [], settings: [], images: [], unreadable: [], recovered: [], unreadableMeta: [] }";

/** A database thread that opens and then does `onCommit`. */
function threadThat(onCommit: string): string {
  const program = `self.onmessage = ({ data }) => {
    if (data.kind === "open") postMessage({ kind: "opened", contents: ${EMPTY} });
    if (data.kind === "commit") { ${onCommit} }
  };`;
  return URL.createObjectURL(new Blob([program], { type: "application/javascript" }));
}

for (const [how, onCommit, reason] of [
  ["throws", 'throw new Error("the card is gone")', "the card is gone"],
  ["ends by itself", "process.exit(3)", "The database thread died"],
] as const) {
  test(`a database whose thread ${how} says so, refuses all writes, and closes`, async () => {
    const db = await Database.open({ path: ":memory:", key, thread: threadThat(onCommit) });
    const lost = new Promise<unknown>((resolve) =>
      db.lost.addEventListener("abort", () => resolve(db.lost.reason)),
    );
    const write = (name: string) => db.settings.set(name, "1").catch((error: unknown) => error);
    const [inFlight, queued] = [write("a"), write("b")];
    expect(await lost).toBeInstanceOf(UserError);
    expect(String(await lost)).toContain(reason);
    expect(await inFlight).toBeInstanceOf(Error);
    expect(await queued).toBeInstanceOf(Error);
    expect(await write("c")).toBeInstanceOf(Error);
    await db[Symbol.asyncDispose]();
  });
}

test("a write that comes after the end is refused, not left to wait", async () => {
  const db = await Database.open({ path: ":memory:", key });
  await db[Symbol.asyncDispose]();
  const late = await db.settings.set("a", "1").catch((error: unknown) => String(error));
  expect(late).toContain("The database is closed");
  expect(db.lost.aborted).toBe(false);
});
