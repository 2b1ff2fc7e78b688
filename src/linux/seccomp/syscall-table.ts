import text from "./generated/syscalls.json" with { type: "text" };

/** The ways into a Linux kernel on x86-64 (x64, i386, x32) and on ARM (arm64, arm). */
export type Abi = "x64" | "i386" | "x32" | "arm64" | "arm";

/** System calls by name. */
export type SyscallNumbers = Readonly<Record<string, number>>;

/** All system calls up to Linux 6.18; those of x32 carry its bit (0x40000000). */
export const SYSCALL_NUMBERS: Readonly<Record<Abi, SyscallNumbers>> = JSON.parse(text);
