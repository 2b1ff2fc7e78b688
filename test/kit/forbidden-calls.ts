import { compile } from "#linux/machine/compile.ts";
import { HOST_ARCH } from "#linux/syscalls.ts";

/**
 * Calls that would let a container out, or change the host, `[x64, arm64]` and the arguments; from the
 * kernel's system call tables (syscall_64.tbl, asm-generic/unistd.h).
 */
const CALLS = {
  acct: [163, 89, "0"],
  add_key: [248, 217, '"user", "name", "x", 1, -1'],
  bpf: [321, 280, "0, zeros, 64"],
  clock_settime: [227, 112, "0, zeros"],
  clone_user: [56, 220, "0x10000011, 0, 0, 0, 0"],
  delete_module: [176, 106, '"loop", 0'],
  finit_module: [313, 273, '0, "", 0'],
  fsopen: [430, 430, '"proc", 0'],
  init_module: [175, 105, 'zeros, 64, ""'],
  io_uring_setup: [425, 425, "8, zeros"],
  kexec_load: [246, 104, "0, 0, 0, 0"],
  keyctl: [250, 219, "1, 0"],
  mount: [165, 40, '"none", "/tmp", "tmpfs", 0, 0'],
  mount_setattr: [442, 442, '-100, "/", 0, zeros, 32'],
  move_mount: [429, 429, '-100, "/tmp", -100, "/root", 0'],
  open_by_handle_at: [304, 265, "0, handle, 0"],
  open_tree: [428, 428, '-100, "/", 1'],
  perf_event_open: [298, 241, "zeros, 0, -1, -1, 0"],
  pivot_root: [155, 41, '"/tmp", "/tmp"'],
  reboot: [169, 142, "0xfee1dead, 0x28121969, 0, 0"],
  request_key: [249, 218, '"user", "name", 0, 0'],
  setns: [308, 268, "0, 0"],
  settimeofday: [164, 170, "zeros, 0"],
  swapon: [167, 224, '"/tmp", 0'],
  umount2: [166, 39, '"/proc", 2'],
  unshare_mount: [272, 97, "0x20000"],
  unshare_user: [272, 97, "0x10000000"],
  userfaultfd: [323, 282, "0"],
} as const;

const WIDTH = 6;
const names = Object.keys(CALLS);

/** A static program that makes each of the calls and prints what the kernel said of it. */
export function forbiddenCalls(): Uint8Array {
  const lines = Object.values(CALLS).map(([x64, arm64, text]) => {
    const args = text.split(", ");
    const padded = [...args, ...Array<string>(WIDTH - args.length).fill("0")];
    return `tell(invoke(${HOST_ARCH === "x64" ? x64 : arm64}, ${padded.join(", ")}));`;
  });
  const source = `
static zeros[128];
static handle[16];
static answer[8];
fn tell(result) {
  if (result >= 0) { u32[answer] = 0x0a6b6f; return syscall(write, 1, answer, 3); } // "ok\\n"
  var errno = -result;
  u8[answer] = '0' + errno / 100;
  u8[answer + 1] = '0' + errno / 10 % 10;
  u8[answer + 2] = '0' + errno % 10;
  u8[answer + 3] = 10;
  return syscall(write, 1, answer, 4);
}
fn main() {
  u32[handle] = 8;
  u32[handle + 4] = 1;
  u32[handle + 8] = 2; // the root of an ext4
  ${lines.join("\n  ")}
  return 0;
}`;
  return compile({ forbidden: source }, { arch: HOST_ARCH, entry: "main" });
}

/** What the program printed, by call: `ok`, or an errno. */
export function answersOf(output: string): Readonly<Record<string, string>> {
  const lines = output.split("\n");
  return Object.fromEntries(names.map((name, index) => [name, lines[index] ?? "nothing"]));
}
