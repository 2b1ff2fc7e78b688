import type { DeviceRule } from "./rules.ts";

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
const JUMP_EQUAL = 0x15;
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
 * version 1 takes as text: the last that fits counts, and nothing is allowed that none allows.
 */
export function deviceProgram(rules: readonly DeviceRule[]): Uint8Array {
  const inForce = rulesInForce(rules);
  return encode([
    { code: LOAD_WORD, destination: R2_TYPE, source: R1, offset: 0 },
    { code: MOVE_REGISTER, destination: R3_ACCESS, source: R2_TYPE },
    { code: AND_32, destination: R2_TYPE, immediate: 0xffff },
    { code: SHIFT_RIGHT_32, destination: R3_ACCESS, immediate: 16 },
    { code: LOAD_WORD, destination: R4_MAJOR, source: R1, offset: 4 },
    { code: LOAD_WORD, destination: R5_MINOR, source: R1, offset: 8 },
    ...inForce.flatMap(block),
    // The kernel refuses what can never be reached.
    ...(inForce.some(fitsAll) ? [] : answer(false)),
  ]);
}

/** From the last on; what stands before one that fits everything is never asked. */
function rulesInForce(rules: readonly DeviceRule[]): readonly DeviceRule[] {
  return rules.slice(Math.max(0, rules.findLastIndex(fitsAll))).toReversed();
}

function fitsAll({ type, access }: DeviceRule): boolean {
  return type === "a" && access === "rwm";
}

/** Answers where the rule fits, goes on behind it where not. */
function block({ allow, type, major, minor, access }: DeviceRule): readonly Instruction[] {
  const tests: Instruction[] = [];
  const equals = (destination: number, immediate: number | undefined) => {
    if (immediate !== undefined) tests.push({ code: JUMP_UNEQUAL, destination, immediate });
  };
  if (access !== "rwm") tests.push(...accessTest({ mask: maskOf(access), allow }));
  if (type !== "a") {
    equals(R2_TYPE, TYPES[type]);
    equals(R4_MAJOR, major);
    equals(R5_MINOR, minor);
  }
  const whole = [...tests, ...answer(allow)];
  return whole.map((one, index) =>
    JUMPS.has(one.code) ? { ...one, offset: whole.length - 1 - index } : one,
  );
}

const JUMPS: ReadonlySet<number> = new Set([JUMP_EQUAL, JUMP_UNEQUAL]);

/** All that is asked for must be allowed; one part that is denied is enough to deny. */
function accessTest({ mask, allow }: { mask: number; allow: boolean }): readonly Instruction[] {
  const immediate = allow ? EVERY_ACCESS & ~mask : mask;
  return [
    { code: MOVE_REGISTER, destination: R1, source: R3_ACCESS },
    { code: AND_32, destination: R1, immediate },
    { code: allow ? JUMP_UNEQUAL : JUMP_EQUAL, destination: R1, immediate: 0 },
  ];
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
