import type { LimitRange } from "#api/object.ts";
import type { Strategy } from "../strategy.ts";

/** Limits of a namespace: those that nobody named get a name that nobody else has. */
export const limitRanges: Strategy<LimitRange> = {
  prepareCreate(range) {
    if (!range.metadata?.name) range.metadata = { ...range.metadata, name: crypto.randomUUID() };
  },
};
