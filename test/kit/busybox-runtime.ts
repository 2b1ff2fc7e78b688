import { MemoryRuntime } from "#edged/runtime/memory/memory-runtime.ts";
import { systemClock } from "#lib/clock.ts";
import { shellProgram } from "./shell-program.ts";

/** A runtime in memory that has the image `busybox:1`. */
export function busyboxRuntime(): MemoryRuntime {
  const runtime = new MemoryRuntime({ clock: systemClock, program: shellProgram });
  runtime.addImage("busybox:1");
  return runtime;
}
