import type { AllowedDevice, DeviceRules } from "./rules.ts";

/** BPF_DEVCG_DEV_*: the low half of the context's first word. */
const TYPES = { b: 1, c: 2 } as const;
/** BPF_DEVCG_ACC_*: its high half. */
const ACCESS = { m: 1, r: 2, w: 4 } as const;
const EVERY_ACCESS = 7;

/** Registers: the result, a scratch (the context at first), and what is asked for. */
const R0 = 0;
const R1 = 1;
const R2_TYPE = 2;
const R3_ACCESS = 3;
const R4_MAJOR = 4;
const R5_MINOR = 5;

/** Opcodes of linux/bpf.h. */
const LOAD_WORD = 0x61;
const MOVE = 0xb7;
const MOVE_REGISTER = 0xbf;
const AND_32 = 0x54;
const SHIFT_RIGHT_32 = 0x74;
const JUMP_UNEQUAL = 0x55;
const EXIT = 0x95;

/** `struct bpf_insn` */
interface Instruction {
  readonly code: number;
  readonly destination?: number;
  readonly source?: number;
  readonly offset?: number;
  readonly immediate?: number;
}

/** Bytes of one instruction. */
export const BPF_INSTRUCTION_BYTES = 8;

/**
 * The program that version 2 of cgroups asks about each use of a device, for the same rules that
 * version 1 takes as text.
 */
export function deviceProgram(rules: DeviceRules): Uint8Array {
  if (rules === "all") return encode(answer(true));
  return encode([
    { code: LOAD_WORD, destination: R2_TYPE, source: R1, offset: 0 },
    { code: MOVE_REGISTER, destination: R3_ACCESS, source: R2_TYPE },
    { code: AND_32, destination: R2_TYPE, immediate: 0xffff },
    { code: SHIFT_RIGHT_32, destination: R3_ACCESS, immediate: 16 },
    { code: LOAD_WORD, destination: R4_MAJOR, source: R1, offset: 4 },
    { code: LOAD_WORD, destination: R5_MINOR, source: R1, offset: 8 },
    ...rules.flatMap(block),
    ...answer(false),
  ]);
}

/** Allows what fits a rule, and goes on behind the block with what does not. */
function block({ type, major, minor, access }: AllowedDevice): readonly Instruction[] {
  const beyond = EVERY_ACCESS & ~maskOf(access);
  const whole: Instruction[] = [
    { code: JUMP_UNEQUAL, destination: R2_TYPE, immediate: TYPES[type] },
    { code: MOVE_REGISTER, destination: R1, source: R3_ACCESS },
    { code: AND_32, destination: R1, immediate: beyond },
    { code: JUMP_UNEQUAL, destination: R1, immediate: 0 },
  ];
  const equals = (destination: number, immediate: number | undefined) => {
    if (immediate !== undefined) whole.push({ code: JUMP_UNEQUAL, destination, immediate });
  };
  equals(R4_MAJOR, major);
  equals(R5_MINOR, minor);
  whole.push(...answer(true));
  return whole.map((one, index) =>
    one.code === JUMP_UNEQUAL ? { ...one, offset: whole.length - 1 - index } : one,
  );
}

function maskOf(access: string): number {
  const has = (letter: keyof typeof ACCESS) => (access.includes(letter) ? ACCESS[letter] : 0);
  return has("m") | has("r") | has("w");
}

function answer(allow: boolean): Instruction[] {
  return [{ code: MOVE, destination: R0, immediate: allow ? 1 : 0 }, { code: EXIT }];
}

function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(instructions.length * BPF_INSTRUCTION_BYTES);
  for (const [
    index,
    { code, destination = 0, source = 0, offset = 0, immediate = 0 },
  ] of instructions.entries()) {
    const at = index * BPF_INSTRUCTION_BYTES;
    bytes.writeUInt8(code, at);
    bytes.writeUInt8((source << 4) | destination, at + 1);
    bytes.writeInt16LE(offset, at + 2);
    bytes.writeInt32LE(immediate, at + 4);
  }
  return bytes;
}
