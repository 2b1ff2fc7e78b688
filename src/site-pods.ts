import type { Runtime } from "#edged/runtime/runtime.ts";
import type { RuntimePod } from "#edged/runtime/types.ts";

/** Longest time that a pod may take to end when its site does not look after it. */
const STOP_GRACE_MS = 10_000;

/** Ends and removes all that a runtime has of a site. Answers which pods that were. */
export async function removePods(
  runtime: Runtime,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const pods = await runtime.list(signal);
  await Promise.all(pods.map((pod) => removePod(runtime, pod, signal)));
  return pods.map(({ pod }) => `${pod.namespace}/${pod.name}`);
}

async function removePod(runtime: Runtime, pod: RuntimePod, signal: AbortSignal): Promise<void> {
  await Promise.all(
    pod.containers.map(async ({ id }) => {
      await runtime.stopContainer(id, STOP_GRACE_MS, signal);
      await runtime.removeContainer(id, signal);
    }),
  );
  for (const { id } of pod.sandboxes) await runtime.removeSandbox(id, signal);
}
