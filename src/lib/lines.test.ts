import { expect, test } from "bun:test";
import { lines } from "./lines.ts";

async function split(...chunks: readonly string[]): Promise<string[]> {
  const bytes = chunks.map((chunk) => Buffer.from(chunk, "latin1"));
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of bytes) controller.enqueue(chunk);
      controller.close();
    },
  });
  return await Array.fromAsync(lines(stream));
}

test("lines come whole, however the bytes were cut", async () => {
  expect(await split("a\nb", "", "c\nd\n")).toEqual(["a", "bc", "d"]);
  expect(await split("\n\na\n")).toEqual(["", "", "a"]);
  expect(await split()).toEqual([]);
});

test("a last line that was cut off is dropped", async () => {
  expect(await split('{"a":1}\n{"b"')).toEqual(['{"a":1}']);
});

test("a character that is cut in two is put together", async () => {
  const [first = "", second = ""] = ["\xc3", "\xa9\n"];
  expect(await split(first, second)).toEqual(["é"]);
});
