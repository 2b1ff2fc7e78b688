import { explain } from "#lib/errors.ts";

/**
 * Tries until `check` neither throws nor answers `false` or `undefined`, and answers what it did.
 * For what the outside world does in its own time; a fault shows as the last reason.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = 30_000, what = "The condition" }: { withinMs?: number; what?: string } = {},
): Promise<Exclude<T, false | undefined>> {
  const untilMs = performance.now() + withinMs;
  let reason = "it was never asked";
  do {
    try {
      const result = await check();
      if (result !== false && result !== undefined) return result as Exclude<T, false | undefined>;
      reason = "it did not hold";
    } catch (error) {
      reason = explain(error);
    }
    await Bun.sleep(50);
  } while (performance.now() < untilMs);
  throw new Error(`${what} did not come true within ${withinMs} ms: ${reason}`);
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError("Rejected with something that is not an Error", { cause: error });
  }
  throw new Error("Expected a rejection");
}
