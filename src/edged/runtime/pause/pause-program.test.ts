import { describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { HOST_ARCH, systemCallNumber } from "#linux/syscalls.ts";
import { eventually } from "#test/kit/eventually.ts";
import { ARCHES, emulatorOf, executableFile } from "#test/kit/machine.ts";
import { pauseProgram } from "./pause-program.ts";

/** Whether a process is in the call that pause waits in; an emulator makes the same one. */
async function waits(pid: number): Promise<boolean> {
  const call = await readFile(`/proc/${pid}/syscall`, "utf8");
  return call.startsWith(`${systemCallNumber("rt_sigtimedwait", HOST_ARCH)} `);
}

describe.each(ARCHES)("pauseProgram() for %s", (arch) => {
  const command = (path: string) => [...emulatorOf(arch), path];

  test("waits, and ends well on SIGTERM and SIGINT", async () => {
    using file = executableFile(pauseProgram(arch));
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const child = Bun.spawn(command(file.path));
      await eventually(() => waits(child.pid));
      child.kill("SIGCHLD"); // nothing to reap: it goes on waiting
      child.kill(signal);
      expect(await child.exited).toBe(0);
    }
  });

  test("reaps what is orphaned into its namespace", async () => {
    using file = executableFile(pauseProgram(arch));
    // The shell leaves children behind that end once it is what pause is.
    const script = 'sleep 0.1 & sleep 0.2 & exec "$@"';
    const child = Bun.spawn(["sh", "-c", script, "sh", ...command(file.path)]);
    const children = `/proc/${child.pid}/task/${child.pid}/children`;
    await eventually(async () => {
      return (await waits(child.pid)) && (await readFile(children, "utf8")) === "";
    });
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("fits in a few hundred bytes", () => {
    const program = pauseProgram(arch);
    expect(program.length).toBeLessThan(512);
    expect(new DataView(program.buffer).getUint16(18, true)).toBe(arch === "x64" ? 62 : 183);
  });
});
