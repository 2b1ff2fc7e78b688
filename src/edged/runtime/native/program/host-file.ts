import type { Steps } from "#linux/steps.ts";
import { AT_FDCWD, O } from "./kernel.ts";

export interface HostText {
  readonly path: string;
  readonly text: string;
}

/** Writes a text into a file of the kernel's that is there, such as a cgroup's. */
export function writeFile(steps: Steps, { path, text }: HostText): void {
  const why = `write ${text} to ${path}`;
  const bytes = new TextEncoder().encode(text);
  const fd = steps.call("openat", [AT_FDCWD, path, O.WRONLY | O.CLOEXEC, 0], { why });
  steps.call("write", [fd, bytes, bytes.length], { why });
  steps.call("close", [fd], { why });
}
