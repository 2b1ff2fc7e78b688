import { systemClock } from "#lib/clock.ts";
import { describeRuntime } from "#test/contract/runtime.ts";
import { shellProgram } from "#test/kit/shell-program.ts";
import { MemoryRuntime } from "./memory-runtime.ts";

describeRuntime("memory", async () => {
  const runtime = new MemoryRuntime({ clock: systemClock, program: shellProgram });
  runtime.addImage("busybox");
  return { runtime, image: "busybox", [Symbol.asyncDispose]: async () => undefined };
});
