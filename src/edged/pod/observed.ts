import type { RuntimeContainer, RuntimePod, Sandbox } from "../runtime/types.ts";

/** What the runtime has of one pod now. */
export type Observed = Omit<RuntimePod, "pod">;

/** The sandbox that the pod lives in: the newest, if it runs. */
export function liveSandbox({ sandboxes }: Observed): Sandbox | undefined {
  const [newest] = sandboxes;
  return newest?.running ? newest : undefined;
}

/** The newest container of that name, in whatever sandbox. */
export function newestContainer(observed: Observed, name: string): RuntimeContainer | undefined {
  return observed.containers.find((container) => container.name === name);
}

/** The newest container of that name in the sandbox that runs now. */
export function currentContainer(observed: Observed, name: string): RuntimeContainer | undefined {
  const sandbox = liveSandbox(observed);
  const newest = newestContainer(observed, name);
  return newest?.sandboxId === sandbox?.id ? newest : undefined;
}

/** The attempt that a container started next must carry: what it counts is the restarts. */
export function nextAttempt(observed: Observed, name: string): number {
  const newest = newestContainer(observed, name);
  if (newest === undefined) return 0;
  return newest.state === "created" ? newest.attempt : newest.attempt + 1;
}
