import { asError } from "#lib/errors.ts";

/**
 * Does `count` pieces of work in batches of 1, 2, 4 …, each batch at once, and stops after the
 * first batch with a failure: when all would fail for the same reason, few do (Kubernetes
 * `slowStartBatch`). Answers how many were begun and succeeded, and the first failure.
 */
export async function slowStart(
  count: number,
  work: () => Promise<void>,
): Promise<{ readonly succeeded: number; readonly error?: Error }> {
  let succeeded = 0;
  for (let size = 1, left = count; left > 0; left -= size, size *= 2) {
    size = Math.min(size, left);
    const results = await Promise.allSettled(Array.from({ length: size }, work));
    const failures = results.filter((result) => result.status === "rejected");
    succeeded += size - failures.length;
    if (failures[0]) return { succeeded, error: asError(failures[0].reason) };
  }
  return { succeeded };
}
