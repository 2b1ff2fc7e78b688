import { expect, test } from "bun:test";
import { silentLogger } from "#lib/log.ts";
import { Complaints } from "./complaints.ts";
import { newMessage } from "./message.ts";

test("each kind of message is complained about once, whatever object it is about", () => {
  const logged: unknown[] = [];
  const log = { ...silentLogger, warn: (_text: string, fields?: object) => logged.push(fields) };
  const complaints = new Complaints(log);
  for (const resource of ["default/nonsense/a", "default/nonsense/b", "default/other/a"]) {
    const route = { source: "cloud", operation: "insert", resource };
    complaints.about(newMessage({ ...route, content: null }), new TypeError("Unknown type"));
  }
  expect(logged).toEqual([
    {
      source: "cloud",
      operation: "insert",
      resource: "default/nonsense/a",
      reason: "Unknown type",
    },
    { source: "cloud", operation: "insert", resource: "default/other/a", reason: "Unknown type" },
  ]);
});
