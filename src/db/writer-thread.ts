/**
 * The thread that owns the database: a slow card stalls it and nothing else. Answers each request
 * of `writer-protocol.ts` in order.
 */
import { assertNever, explain, UserError } from "#lib/errors.ts";
import { unpack } from "./packed-operations.ts";
import { isDamage, salvage } from "./salvage.ts";
import { TableWriter } from "./table-writer.ts";
import type { Reply, Request } from "./writer-protocol.ts";

declare const self: Worker;

let writer: TableWriter | undefined;

function opened(): TableWriter {
  if (!writer) throw new Error("The database is not open");
  return writer;
}

function answer(request: Request): Reply {
  switch (request.kind) {
    case "open":
      writer = new TableWriter(request);
      return { kind: "opened", contents: writer.load() };
    case "salvage":
      return { kind: "salvaged", salvage: salvage(request.path) };
    case "commit":
      opened().commit(unpack(request.operations));
      return { kind: "committed" };
    case "useKeys":
      opened().useKeys(request.keys);
      return { kind: "done" };
    case "reseal": {
      const next = opened().reseal(request.from);
      return { kind: "resealed", ...(next && { next }) };
    }
    case "compact":
      opened().compact();
      return { kind: "done" };
    case "close":
      writer?.close();
      return { kind: "closed" };
    default:
      return assertNever(request, "request");
  }
}

self.onmessage = ({ data }: MessageEvent<Request>): void => {
  try {
    postMessage(answer(data));
  } catch (error) {
    const failed: Reply = {
      kind: "failed",
      message: explain(error),
      user: error instanceof UserError,
      damage: isDamage(error),
    };
    postMessage(failed);
  }
};
