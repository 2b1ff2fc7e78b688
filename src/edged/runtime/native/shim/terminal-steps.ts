import type { Result, Steps } from "#linux/steps.ts";

const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;
const TIOCSCTTY = 0x540e;
const O_RDWR_NOCTTY_CLOEXEC = 0x80102;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MESSAGE_HEADER_BYTES = 56;
const CONTROL_BYTES = 24;
/** Where a container with `tty` finds the socket to its shim. */
const SHIM_SOCKET = 3;

/** Opens the slave of a master that was opened from `ptmx`, as 0, 1 and 2, and makes it the session's terminal. */
export function takeTerminal(steps: Steps, master: Result): void {
  const why = "take the terminal";
  steps.call("ioctl", [master, TIOCSPTLCK, steps.memory(4)], { why: "unlock the terminal" });
  const slave = steps.call("ioctl", [master, TIOCGPTPEER, O_RDWR_NOCTTY_CLOEXEC], {
    why: "open the terminal",
  });
  steps.call("setsid", [], { why: "begin a session", tolerate: ["EPERM"] });
  steps.call("ioctl", [slave, TIOCSCTTY, 0], { why });
  for (const target of [0, 1, 2]) steps.call("dup3", [slave, target, 0], { why });
}

/** Hands a terminal's master to the shim, which has waited for it since the container was born. */
export function sendMaster(steps: Steps, master: Result): void {
  const control = steps.memory(CONTROL_BYTES);
  const words = new DataView(control.bytes.buffer);
  words.setUint32(0, 20, true); // the length without what pads it
  words.setUint32(8, SOL_SOCKET, true);
  words.setUint32(12, SCM_RIGHTS, true);
  steps.put(master, control.at(16), 4);
  const vector = steps.memory(16, { 0: "m" });
  vector.bytes[8] = 1;
  const header = steps.memory(MESSAGE_HEADER_BYTES, { 16: vector, 32: control });
  const view = new DataView(header.bytes.buffer);
  view.setBigUint64(24, 1n, true); // vectors
  view.setBigUint64(40, BigInt(CONTROL_BYTES), true);
  steps.call("sendmsg", [SHIM_SOCKET, header, 0], { why: "hand the terminal over" });
}
