import { OPEN_HOW_BYTES, openHow, RESOLVE } from "#linux/open-beneath.ts";
import type { Result, Steps } from "#linux/steps.ts";
import { bindTerminal } from "./bind.ts";
import { AT_FDCWD, O } from "./kernel.ts";
import type { Root } from "./root.ts";

const TIOCSCTTY = 0x540e;
/** Opens the other end of a master where that lies, whatever is mounted on /dev/pts (Linux 4.13). */
const TIOCGPTPEER = 0x5441;
const TIOCSPTLCK = 0x40045431;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** `struct cmsghdr` with one descriptor, padded. */
const CONTROL_BYTES = 24;
const CONTROL_DESCRIPTOR_OFFSET = 16;

/** Where a program of the shim finds the socket that the master of its terminal goes to. */
const MASTER_SOCKET = 3;

/** Makes a terminal in the container's own /dev/pts, its console, and hands the master to the shim. */
export function makeTerminal(root: Root, dev: Result): void {
  const { steps } = root;
  const why = "make a terminal";
  const master = steps.call("openat", [dev, "pts/ptmx", O.RDWR | O.NOCTTY | O.CLOEXEC, 0], { why });
  const slave = takeTerminal(steps, master);
  bindTerminal(root, slave);
  sendDescriptor(steps, master);
}

/** Opens the master of a new terminal, as one of the container itself does. */
export function openMaster(steps: Steps): Result {
  return steps.call("openat2", [AT_FDCWD, "/dev/pts/ptmx", MASTER, OPEN_HOW_BYTES], {
    why: "make a terminal",
  });
}

const MASTER = openHow({
  flags: O.RDWR | O.NOCTTY | O.CLOEXEC,
  resolve: RESOLVE.noLinks,
});

/** Makes a master's other end the terminal of this session, and the process' input and outputs. */
export function takeTerminal(steps: Steps, master: Result | number): Result {
  const why = "take the terminal";
  steps.call("ioctl", [master, TIOCSPTLCK, new Uint8Array(4)], { why });
  const slave = steps.call("ioctl", [master, TIOCGPTPEER, O.RDWR | O.NOCTTY | O.CLOEXEC], { why });
  steps.call("ioctl", [slave, TIOCSCTTY, 0], { why });
  for (const descriptor of [0, 1, 2]) steps.call("dup3", [slave, descriptor, 0], { why });
  return slave;
}

/** Hands a descriptor to the shim: sendmsg(2) with one byte and the descriptor (unix(7), `SCM_RIGHTS`). */
export function sendDescriptor(steps: Steps, descriptor: Result): void {
  const why = "hand over the terminal";
  const control = Buffer.alloc(CONTROL_BYTES);
  control.writeBigUInt64LE(BigInt(CONTROL_DESCRIPTOR_OFFSET + 4), 0);
  control.writeUInt32LE(SOL_SOCKET, 8);
  control.writeUInt32LE(SCM_RIGHTS, 12);
  const rights = steps.memory(control);
  steps.put(descriptor, rights.at(CONTROL_DESCRIPTOR_OFFSET), 4);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(1n, 8);
  const message = Buffer.alloc(56);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(BigInt(CONTROL_BYTES), 40);
  const pieces = steps.memory(vector, { 0: Uint8Array.of(0) });
  const whole = steps.memory(message, { 16: pieces, 32: rights });
  steps.call("sendmsg", [MASTER_SOCKET, whole, 0], { why });
}
