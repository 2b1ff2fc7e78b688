/** Processors that a pause program exists for, in Node's names. */
export type PauseArch = "x64" | "arm64";

const SIGCHLD = 17;
/** SIGINT, SIGTERM and SIGCHLD as bits of a kernel signal set. */
const WATCHED_SIGNALS = (1 << (2 - 1)) | (1 << (15 - 1)) | (1 << (SIGCHLD - 1));
const SIGNAL_SET_BYTES = 8;
const LOAD_ADDRESS = 0x400000n;
const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;

/**
 * The first process of a sandbox as a static ELF executable: holds the pod's namespaces open, reaps
 * what is orphaned into them, and exits 0 on SIGTERM or SIGINT. It needs neither libc nor memory of
 * its own, so that a sandbox costs a page.
 */
export function pauseProgram(arch: PauseArch): Uint8Array {
  const code = arch === "x64" ? x64Code() : arm64Code();
  const headerBytes = ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const file = new Uint8Array(headerBytes + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bit, little endian, version 1
  view.setUint16(16, 2, true); // executable
  view.setUint16(18, arch === "x64" ? 62 : 183, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, LOAD_ADDRESS + BigInt(headerBytes), true); // entry point
  view.setBigUint64(32, BigInt(ELF_HEADER_BYTES), true); // program headers
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true); // readable, executable
  view.setBigUint64(80, LOAD_ADDRESS, true);
  view.setBigUint64(88, LOAD_ADDRESS, true);
  view.setBigUint64(96, BigInt(file.length), true);
  view.setBigUint64(104, BigInt(file.length), true);
  view.setBigUint64(112, 0x1000n, true);
  file.set(code, headerBytes);
  return file;
}

function x64Code(): Uint8Array {
  const mask = [0, 8, 16, 24].map((shift) => (WATCHED_SIGNALS >> shift) & 0xff);
  const sizeToR10 = [0x6a, SIGNAL_SET_BYTES, 0x41, 0x5a];
  const syscall = [0x0f, 0x05];
  const block = [
    ...[0x68, ...mask], // push the signal set
    ...[0x31, 0xff], // edi = SIG_BLOCK
    ...[0x48, 0x89, 0xe6], // rsi = &set
    ...[0x31, 0xd2], // edx = NULL
    ...sizeToR10,
    ...[0x6a, 0x0e, 0x58], // eax = rt_sigprocmask
    ...syscall,
  ];
  const wait = [
    ...[0x48, 0x89, 0xe7], // rdi = &set
    ...[0x31, 0xf6], // esi = NULL
    ...[0x31, 0xd2], // edx = NULL: no timeout
    ...sizeToR10,
    ...[0xb8, 0x80, 0, 0, 0], // eax = rt_sigtimedwait
    ...syscall,
  ];
  const exit = [0x31, 0xff, 0x6a, 0x3c, 0x58, ...syscall];
  const reap = [
    ...[0x6a, 0xff, 0x5f], // rdi = any child
    ...[0x31, 0xf6], // esi = NULL
    ...[0x6a, 0x01, 0x5a], // edx = WNOHANG
    ...[0x45, 0x31, 0xd2], // r10d = NULL
    ...[0x6a, 0x3d, 0x58], // eax = wait4
    ...syscall,
    ...[0x85, 0xc0], // test eax, eax
  ];
  const branch = [
    ...[0x83, 0xf8, SIGCHLD, 0x74, 4 + exit.length], // a child ended: to reap
    ...[0x85, 0xc0, 0x78, -(wait.length + 9) & 0xff], // interrupted: wait again
  ];
  const again = [
    ...[0x7f, -(reap.length + 2) & 0xff], // one was reaped: try the next
    ...[0xeb, -(wait.length + branch.length + exit.length + reap.length + 4) & 0xff],
  ];
  return Uint8Array.from([...block, ...wait, ...branch, ...exit, ...reap, ...again]);
}

function arm64Code(): Uint8Array {
  const set = (register: number, value: number): number =>
    (0xd2800000 | (value << 5) | register) >>> 0;
  const spTo = (register: number): number => 0x910003e0 | register;
  const compareW0 = (value: number): number => 0x7100001f | (value << 10);
  const svc = 0xd4000001;
  const block = [
    set(9, WATCHED_SIGNALS & 0xffff),
    (0xf2a00000 | ((WATCHED_SIGNALS >>> 16) << 5) | 9) >>> 0, // movk x9, …, lsl 16
    0xf81f0fe9, // str x9, [sp, -16]!
    ...[set(0, 0), spTo(1), set(2, 0), set(3, SIGNAL_SET_BYTES)],
    ...[set(8, 135), svc], // rt_sigprocmask
  ];
  const wait = [
    ...[spTo(0), set(1, 0), set(2, 0), set(3, SIGNAL_SET_BYTES)],
    ...[set(8, 137), svc], // rt_sigtimedwait
  ];
  const exit = [set(0, 0), set(8, 93), svc];
  const reap = [
    0x92800000, // x0 = any child
    ...[set(1, 0), set(2, 1), set(3, 0)], // WNOHANG
    ...[set(8, 260), svc], // wait4
    compareW0(0),
  ];
  const branch = [
    compareW0(SIGCHLD),
    0x54000000 | ((2 + exit.length) << 5), // b.eq reap
    0x37f80000 | ((-(wait.length + 2) & 0x3fff) << 5), // tbnz w0, 31, wait
  ];
  const again = [
    0x5400000c | ((-reap.length & 0x7ffff) << 5), // b.gt reap
    0x14000000 | (-(wait.length + branch.length + exit.length + reap.length + 1) & 0x3ffffff),
  ];
  const words = [...block, ...wait, ...branch, ...exit, ...reap, ...again];
  const code = new Uint8Array(words.length * 4);
  const view = new DataView(code.buffer);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word >>> 0, true);
  return code;
}
