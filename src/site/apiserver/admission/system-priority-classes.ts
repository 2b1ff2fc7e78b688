import type { PriorityClass } from "#api/object.ts";
import { PRIORITY_CLASSES } from "#api/resources.ts";
import { isSystemPriorityClass } from "#api/system-priority.ts";
import { type AdmissionPlugin, refused } from "./plugin.ts";

/** The priority classes that every cluster has stay. */
export const systemPriorityClasses: AdmissionPlugin<PriorityClass> = {
  kinds: [PRIORITY_CLASSES],
  validate(request) {
    if (request.operation !== "DELETE") return;
    if (!isSystemPriorityClass(request.current.metadata?.name ?? "")) return;
    throw refused(request, "this is a system priority class and cannot be deleted");
  },
};
