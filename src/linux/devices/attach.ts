import { closeSync, constants, openSync } from "node:fs";
import { SystemCallError } from "../libc.ts";
import { addressOf, stableBytes, stableCString, systemCall } from "../system-call.ts";
import { BPF_INSTRUCTION_BYTES, deviceProgram } from "./program.ts";
import type { DeviceRules } from "./rules.ts";

/** Commands and kinds of linux/bpf.h. */
const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
/** Programs of the cgroups above go on being asked. */
const BPF_F_ALLOW_MULTI = 2;

/** The part of `union bpf_attr` that loading a program reads; the rest is zero. */
const LOAD_BYTES = 72;
const ATTACH_BYTES = 16;

/**
 * Holds the processes of a cgroup of version 2 to rules about devices. The kernel keeps the program
 * for as long as there is the cgroup.
 * @throws {SystemCallError} EPERM where bpf(2) is not allowed to this process.
 */
export function attachDeviceProgram(cgroup: string, rules: DeviceRules): void {
  const program = loadProgram(deviceProgram(rules));
  try {
    const directory = openSync(cgroup, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const attributes = stableBytes(ATTACH_BYTES);
      attributes.writeUInt32LE(directory, 0);
      attributes.writeUInt32LE(program, 4);
      attributes.writeUInt32LE(BPF_CGROUP_DEVICE, 8);
      attributes.writeUInt32LE(BPF_F_ALLOW_MULTI, 12);
      bpf({ command: BPF_PROG_ATTACH, attributes, what: `hold ${cgroup} to its devices` });
    } finally {
      closeSync(directory);
    }
  } finally {
    closeSync(program);
  }
}

/** Answers the program's descriptor. */
function loadProgram(instructions: Uint8Array): number {
  const code = stableBytes(instructions.length);
  code.set(instructions);
  const license = stableCString("GPL");
  const attributes = stableBytes(LOAD_BYTES);
  attributes.writeUInt32LE(BPF_PROG_TYPE_CGROUP_DEVICE, 0);
  attributes.writeUInt32LE(code.length / BPF_INSTRUCTION_BYTES, 4);
  attributes.writeBigUInt64LE(BigInt(addressOf(code)), 8);
  attributes.writeBigUInt64LE(BigInt(addressOf(license)), 16);
  attributes.writeUInt32LE(BPF_CGROUP_DEVICE, 68); // expected_attach_type
  return bpf({ command: BPF_PROG_LOAD, attributes, what: "load a program that checks devices" });
}

interface BpfCall {
  readonly command: number;
  readonly attributes: Buffer;
  readonly what: string;
}

function bpf({ command, attributes, what }: BpfCall): number {
  try {
    return systemCall({ name: "bpf", args: [command, attributes, attributes.length], what });
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code !== "EPERM") throw error;
    const needed = `${what} (bpf(2) needs CAP_BPF or CAP_SYS_ADMIN, and a kernel that is not locked down)`;
    throw new SystemCallError(needed, error.errno);
  }
}
