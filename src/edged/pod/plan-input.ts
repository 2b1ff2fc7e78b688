import type { Pod } from "#api/object.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import type { Observed } from "./observed.ts";

/** What the probes of a running container say. */
export interface Verdict {
  readonly started: boolean;
  /** The probe that wants it restarted. */
  readonly failed?: "liveness" | "startup";
}

/** Why and how a pod ends. */
export interface Ending {
  /** How long its containers have from the first signal on. */
  readonly graceMs: number;
  /** Its object is being deleted or gone: nothing stays, no logs either. */
  readonly removed: boolean;
}

export interface PlanInput {
  readonly pod: Pod;
  readonly observed: Observed;
  readonly ending: Ending | undefined;
  /** Keys of the actions under way. */
  readonly busy: ReadonlySet<string>;
  readonly verdict: (container: RuntimeContainer) => Verdict;
  /** Action keys that must wait after failures, until which monotonic time. */
  readonly holds: ReadonlyMap<string, number>;
  readonly nowMs: number;
}
