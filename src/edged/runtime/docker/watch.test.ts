import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "./engine.ts";
import { watch } from "./watch.ts";

test("an engine that hangs is out of reach, and back once it answers again", async () => {
  const directory = mkdtempSync(join(tmpdir(), "edgesite-engine-"));
  const socket = join(directory, "docker.sock");
  let hanging = Promise.withResolvers<void>();
  hanging.resolve();
  using _ = Bun.serve({
    unix: socket,
    idleTimeout: 0,
    async fetch({ url }) {
      await hanging.promise;
      if (!url.includes("/events")) return new Response("OK");
      return new Response(new ReadableStream({ start: (events) => events.enqueue("\n") }));
    },
  });
  const stop = new AbortController();
  const engine = new Engine(`unix://${socket}`);
  const events = watch(
    {
      engine,
      siteId: "s",
      connect: async () => ({ reachable: true, version: "1" }),
      onStatus: () => undefined,
      ping: { everyMs: 10, timeoutMs: 1500 },
    },
    stop.signal,
  );
  const next = async () => (await events.next()).value;
  expect(await next()).toEqual({ kind: "engine", status: { reachable: true, version: "1" } });
  hanging = Promise.withResolvers<void>();
  expect(await next()).toMatchObject({
    kind: "engine",
    status: { reachable: false, reason: expect.stringContaining("No answer within 1500 ms") },
  });
  hanging.resolve();
  expect(await next()).toMatchObject({ kind: "engine", status: { reachable: true } });
  stop.abort();
  await events.return(undefined);
  rmSync(directory, { recursive: true });
});
