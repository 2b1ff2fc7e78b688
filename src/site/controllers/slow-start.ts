import { asError } from "#lib/errors.ts";

/**
 * Does its work on each of `items` in batches of 1, 2, 4 …, each batch at once, and stops after the
 * first batch with a failure: when all would fail for the same reason, few do (Kubernetes
 * `slowStartBatch`). Answers how many were begun and succeeded, and the first failure.
 */
export async function slowStart<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<{ readonly succeeded: number; readonly error?: Error }> {
  let succeeded = 0;
  for (let at = 0, size = 1; at < items.length; at += size, size *= 2) {
    const results = await Promise.allSettled(items.slice(at, at + size).map(work));
    const failures = results.filter((result) => result.status === "rejected");
    succeeded += results.length - failures.length;
    if (failures[0]) return { succeeded, error: asError(failures[0].reason) };
  }
  return { succeeded };
}
