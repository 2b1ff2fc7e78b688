import { StatusError } from "#api/status.ts";

/** The StatusError that a call throws. */
export function statusErrorOf(attempt: () => unknown): StatusError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
