import type { BunPlugin } from "bun";
import { shimProgram } from "../src/edged/runtime/native/shim/shim-program.ts";
import { pauseProgram } from "../src/edged/runtime/pause/pause-program.ts";
import type { Arch } from "../src/linux/syscalls.ts";

const base64 = (program: Uint8Array): string => Buffer.from(program).toString("base64");

/** A module that answers as the compiled one does. */
function precompiled(compile: (arch: Arch) => Uint8Array): string {
  const programs = { x64: base64(compile("x64")), arm64: base64(compile("arm64")) };
  return `const programs = ${JSON.stringify(programs)};
    export const ${compile.name} = (arch) => Buffer.from(programs[arch], "base64");`;
}

const MODULES = [
  { path: /\/shim\/shim-program\.ts$/, contents: precompiled(shimProgram) },
  { path: /\/pause\/pause-program\.ts$/, contents: precompiled(pauseProgram) },
];

/**
 * Compiles the programs that run in pods once, now: the binary has their bytes and neither their
 * source nor the compiler, which takes 80 ms of processor time where it runs at a start.
 */
export const programs: BunPlugin = {
  name: "programs",
  setup(build) {
    for (const { path, contents } of MODULES) {
      build.onLoad({ filter: path }, () => ({ contents, loader: "js" }));
    }
  },
};
