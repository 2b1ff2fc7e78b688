/** `struct sock_filter` of classic BPF (linux/filter.h). */
export interface Instruction {
  readonly code: number;
  /** How many instructions to leave out when the comparison holds. At most 255. */
  readonly jt: number;
  /** And when not. */
  readonly jf: number;
  /** The operand. */
  readonly k: number;
}

/** Bytes of one instruction. */
export const INSTRUCTION_BYTES = 8;
/** The kernel takes no more of them (BPF_MAXINSNS). */
export const INSTRUCTIONS_MAX = 4096;

/** The opcodes that a filter here consists of. */
export const OPCODES = {
  load: 0x20,
  and: 0x54,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterOrEqual: 0x35,
  answer: 0x06,
} as const;

/** Where a call's properties lie (`struct seccomp_data`); those of 64 bits have their low half first. */
export const DATA = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };

type Comparison = "jumpEqual" | "jumpGreater" | "jumpGreaterOrEqual";

/** Loads a word of the call's properties. */
export function load(offset: number): Instruction {
  return { code: OPCODES.load, jt: 0, jf: 0, k: offset };
}

export function and(mask: number): Instruction {
  return { code: OPCODES.and, jt: 0, jf: 0, k: mask };
}

/** Ends the filter with SECCOMP_RET_*. */
export function answer(value: number): Instruction {
  return { code: OPCODES.answer, jt: 0, jf: 0, k: value };
}

/** Leaves out `jt` or `jf` instructions, whether what was loaded compares so with `k` or not. */
export function compare(
  comparison: Comparison,
  { k, jt = 0, jf = 0 }: { readonly k: number; readonly jt?: number; readonly jf?: number },
): Instruction {
  if (jt > 255 || jf > 255) throw new RangeError("A comparison jumps at most 255 instructions");
  return { code: OPCODES[comparison], jt, jf, k };
}

/** One of two pieces of a filter, each of which ends in an answer. */
export function branch(
  comparison: Comparison,
  { k, holds, otherwise }: Branch,
): readonly Instruction[] {
  if (otherwise.length <= 255) {
    return [compare(comparison, { k, jt: otherwise.length }), ...otherwise, ...holds];
  }
  const far = { code: OPCODES.jump, jt: 0, jf: 0, k: otherwise.length };
  return [compare(comparison, { k, jf: 1 }), far, ...otherwise, ...holds];
}

export interface Branch {
  readonly k: number;
  readonly holds: readonly Instruction[];
  readonly otherwise: readonly Instruction[];
}

/** The filter as the kernel reads it. */
export function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(instructions.length * INSTRUCTION_BYTES);
  for (const [index, { code, jt, jf, k }] of instructions.entries()) {
    const at = index * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(jt, at + 2);
    bytes.writeUInt8(jf, at + 3);
    bytes.writeUInt32LE(k >>> 0, at + 4);
  }
  return bytes;
}
