/**
 * Generates `src/linux/seccomp/generated/syscalls.json`: the names and numbers of all system calls, per
 * ABI, from the kernel's headers: `bun build/syscalls.ts X64 ARM64 ARM`, each the `include`
 * directory of Debian's linux-libc-dev, linux-libc-dev-arm64-cross and linux-libc-dev-armhf-cross.
 */
import { join } from "node:path";
import type { Abi, SyscallNumbers } from "../src/linux/seccomp/syscall-table.ts";

const FILE = join(import.meta.dir, "../src/linux/seccomp/generated/syscalls.json");

/** Newer than the headers of Debian 12 (Linux 6.1), of one number everywhere (scripts/syscall.tbl). */
const COMMON: SyscallNumbers = {
  cachestat: 451,
  fchmodat2: 452,
  map_shadow_stack: 453,
  futex_wake: 454,
  futex_wait: 455,
  futex_requeue: 456,
  statmount: 457,
  listmount: 458,
  lsm_get_self_attr: 459,
  lsm_set_self_attr: 460,
  lsm_list_modules: 461,
  mseal: 462,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
  listns: 470,
};

/** As COMMON, of x86-64 alone (arch/x86/entry/syscalls/syscall_64.tbl). */
const X64_ONLY: SyscallNumbers = { uretprobe: 335, uprobe: 336 };

interface Headers {
  readonly include: string;
  readonly flags: readonly string[];
  /** How the names of numbers begin. */
  readonly prefixes: readonly string[];
  readonly more?: SyscallNumbers;
}

/** Asks the C preprocessor, since the headers of one architecture are full of conditions. */
function numbersOf({ include, flags, prefixes, more }: Headers): SyscallNumbers {
  const { stdout, stderr, success } = Bun.spawnSync(
    ["gcc", "-E", "-dM", "-undef", "-nostdinc", "-isystem", include, ...flags, "-"],
    { stdin: Buffer.from("#include <asm/unistd.h>\n") },
  );
  if (!success) throw new Error(`Cannot read the headers of ${include}: ${stderr.toString()}`);
  const macros = new Map(
    [...stdout.toString().matchAll(/^#define (\w+) (.+)$/gm)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );
  const found = [...macros.keys()].flatMap((macro) => {
    const prefix = prefixes.find((one) => macro.startsWith(one));
    const name = macro.slice(prefix?.length ?? 0);
    if (prefix === undefined || NO_CALLS.test(name)) return [];
    return [[name, numberOf(macro, macros)] as const];
  });
  return sorted([...found, ...Object.entries({ ...COMMON, ...more })]);
}

function sorted(numbers: readonly (readonly [string, number])[]): SyscallNumbers {
  return Object.fromEntries(numbers.toSorted(([, a], [, b]) => a - b));
}

/** Bounds and bases among the numbers. */
const NO_CALLS = /^(syscalls|arch_specific_syscall)$|[A-Z]/;

/** A macro's value: a number, another macro, or the sum of two. */
function numberOf(text: string, macros: ReadonlyMap<string, string>): number {
  const terms = text.replaceAll(/[()\s]/g, "").split("+");
  if (terms.length > 1) return terms.reduce((sum, term) => sum + numberOf(term, macros), 0);
  const [term = ""] = terms;
  const value = macros.get(term);
  if (value !== undefined) return numberOf(value, macros);
  const number = Number(term);
  if (!Number.isSafeInteger(number)) throw new Error(`Cannot evaluate ${text}`);
  return number;
}

if (import.meta.main) {
  const [x64, arm64, arm] = process.argv.slice(2);
  if (x64 === undefined || arm64 === undefined || arm === undefined) {
    throw new Error("Usage: bun build/syscalls.ts X64 ARM64 ARM");
  }
  const prefixes = ["__NR_"];
  const intel = ["-isystem", join(x64, "x86_64-linux-gnu")];
  const tables: Record<Abi, SyscallNumbers> = {
    x64: numbersOf({ include: x64, flags: [...intel, "-D__x86_64__"], prefixes, more: X64_ONLY }),
    i386: numbersOf({ include: x64, flags: [...intel, "-D__i386__"], prefixes }),
    x32: x32(
      numbersOf({ include: x64, flags: [...intel, "-D__x86_64__", "-D__ILP32__"], prefixes }),
    ),
    arm64: numbersOf({ include: arm64, flags: ["-D__aarch64__"], prefixes }),
    arm: numbersOf({
      include: arm,
      flags: ["-D__arm__", "-D__ARM_EABI__"],
      prefixes: ["__NR_", "__ARM_NR_"],
    }),
  };
  await Bun.write(FILE, `${JSON.stringify(tables, null, 1)}\n`);
}

/** The common numbers carry x32's bit too. */
function x32(numbers: SyscallNumbers): SyscallNumbers {
  const BIT = 0x40000000;
  return sorted(
    Object.entries(numbers).map(([name, number]) => [name, number < BIT ? number + BIT : number]),
  );
}
