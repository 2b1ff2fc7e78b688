import type { DeleteOptions, DeleteResult } from "#api/verbs.ts";
import type { Call, Handler } from "../call.ts";
import { readDeleteOptions } from "../delete-options.ts";
import { listOptions } from "../query.ts";
import { formatOf, respondItem, respondList, respondStatus } from "../respond.ts";
import { namedTarget } from "./target.ts";

export const remove: Handler = async (call) => {
  formatOf(call);
  const { options, orphanDependents } = await readDeleteOptions(call);
  const result = await call.verbs.delete(namedTarget(call), {
    ...options,
    ...notesOf(call),
  });
  return respondDeleted(call, result, orphanDependents === false ? 202 : 200);
};

export const removeCollection: Handler = async (call) => {
  formatOf(call);
  const { options } = await readDeleteOptions(call);
  const selected = listOptions(call.query);
  const result = await call.verbs.deleteCollection(call.path, {
    ...selected,
    ...options,
    ...notesOf(call),
  });
  return respondList(call, result);
};

/** What lives on is shown; a client that asked for a cascade learns that it is not over (202). */
function respondDeleted(call: Call, result: DeleteResult, keptStatus: number): Response {
  if ("kept" in result) return respondItem(call, result.kept, keptStatus);
  call.audit?.settled(result.status);
  return respondStatus(result.status, call.request);
}

/** Where admission's words go. */
function notesOf({ warn, audit }: Call): Pick<DeleteOptions, "warn" | "annotate" | "timed"> {
  return audit ? { warn, annotate: audit.annotate, timed: audit.timed } : { warn };
}
