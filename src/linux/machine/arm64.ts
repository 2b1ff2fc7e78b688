import type { Code, Label } from "./code.ts";
import type { Machine, Place } from "./machine.ts";
import type { BinaryOperator, Comparison, UnaryOperator, Width } from "./syntax.ts";

const X0 = 0;
const X1 = 1;
const X8 = 8;
/** The condition that does *not* hold, as cset's encoding wants it. */
const INVERSE: Readonly<Record<Comparison, number>> = {
  "==": 1,
  "!=": 0,
  "<": 10,
  ">=": 11,
  "<=": 12,
  ">": 13,
};
/** Of x0 by the address in x0. */
const LOADS: Readonly<Record<Width, number>> = {
  u8: 0x39400000,
  u16: 0x79400000,
  u32: 0xb9400000,
  i32: 0xb9800000,
  u64: 0xf9400000,
};
/** Of x1 to the address in x0. */
const STORES: Readonly<Record<Width, number>> = {
  u8: 0x39000001,
  u16: 0x79000001,
  u32: 0xb9000001,
  i32: 0xb9000001,
  u64: 0xf9000001,
};
/** x0 = x0 operator x1. */
const OPERATIONS: Readonly<Record<Exclude<BinaryOperator, Comparison>, readonly number[]>> = {
  "+": [0x8b010000],
  "-": [0xcb010000],
  "*": [0x9b017c00],
  "/": [0x9ac10c00],
  "%": [0x9ac10c02, 0x9b018040], // sdiv x2, x0, x1; msub x0, x2, x1, x0
  "&": [0x8a010000],
  "|": [0xaa010000],
  "^": [0xca010000],
  "<<": [0x9ac12000],
  ">>": [0x9ac12800],
  ">>>": [0x9ac12400],
};
const UNARY: Readonly<Record<UnaryOperator, readonly number[]>> = {
  "-": [0xcb0003e0],
  "~": [0xaa2003e0],
  "!": [0xf100001f, 0x9a9f17e0], // cmp x0, 0; cset x0, eq
};
const MAX_IMMEDIATE = 4095;

/**
 * ARM's 64-bit instructions. x29 is the frame, 16 bytes aligned; variables count upwards from it.
 * Whatever is pushed takes 16 bytes, as the stack pointer must stay aligned.
 */
export class Arm64 implements Machine {
  readonly #code: Code;
  #frameBytes = 0;

  constructor(code: Code) {
    this.#code = code;
  }

  enter(slots: number): void {
    this.#frameBytes = immediate(Math.ceil(slots / 2) * 16);
    this.#words(0xa9bf7bfd); // stp x29, x30, [sp, -16]!
    this.#words(0xd10003ff | (this.#frameBytes << 10)); // sub sp, sp
    this.#words(0x910003fd); // mov x29, sp
  }

  leave(): void {
    this.#words(0x910003bf | (this.#frameBytes << 10)); // add sp, x29
    this.#words(0xa8c17bfd, 0xd65f03c0); // ldp x29, x30, [sp], 16; ret
  }

  constant(to: Place, value: bigint): void {
    const register = registerOf(to);
    const negative = value < 0n;
    const bits = BigInt.asUintN(64, negative ? ~value : value);
    const parts = [0n, 1n, 2n, 3n].map((part) => Number((bits >> (16n * part)) & 0xffffn));
    const first = Math.max(
      parts.findIndex((part) => part !== 0),
      0,
    );
    const place = (part: number, index: number): number => (index << 21) | (part << 5) | register;
    for (const [index, part] of parts.entries()) {
      // movn and movz set all the bits, movk 16 of them.
      if (index === first) this.#words((negative ? 0x92800000 : 0xd2800000) | place(part, index));
      else if (part !== 0) {
        this.#words(0xf2800000 | place(negative ? part ^ 0xffff : part, index));
      }
    }
  }

  address(to: Place, label: Label): void {
    const register = registerOf(to);
    this.#code.refer(label, (view, at, distance) => {
      const bits = within(distance, 21);
      view.setUint32(at, adr(bits, register), true);
    });
    this.#words(0);
  }

  variable(to: Place, slot: number): void {
    this.#words(0xf94003a0 | (slot << 10) | registerOf(to)); // ldr, [x29, 8 * slot]
  }

  argument(index: number, count: number): void {
    const offset = this.#frameBytes + 16 + 16 * (count - 1 - index);
    this.#words(0xf94003a0 | ((offset / 8) << 10) | X0);
  }

  addressOfVariable(slot: number): void {
    this.#words(0x910003a0 | (immediate(8 * slot) << 10)); // add x0, x29
  }

  assign(slot: number): void {
    this.#words(0xf90003a0 | (slot << 10)); // str x0, [x29, 8 * slot]
  }

  push(): void {
    this.#words(0xf81f0fe0); // str x0, [sp, -16]!
  }

  pop(to: Place): void {
    this.#words(0xf84107e0 | registerOf(to)); // ldr, [sp], 16
  }

  binary(operator: BinaryOperator): void {
    if (isComparison(operator)) {
      this.#words(0xeb01001f, 0x9a9f07e0 | (INVERSE[operator] << 12)); // cmp x0, x1; cset x0
    } else {
      this.#words(...OPERATIONS[operator]);
    }
  }

  unary(operator: UnaryOperator): void {
    this.#words(...UNARY[operator]);
  }

  load(width: Width): void {
    this.#words(LOADS[width]);
  }

  store(width: Width): void {
    this.#words(STORES[width]);
  }

  jump(to: Label): void {
    this.#branch(0x14000000, to);
  }

  /** A conditional jump reaches a megabyte, the jump behind it 128. */
  jumpIfZero(to: Label): void {
    this.#words(0xb5000040); // cbnz x0, over the next
    this.jump(to);
  }

  callFunction(to: Label, args: number): void {
    this.#branch(0x94000000, to);
    if (args > 0) this.#words(0x910003ff | (immediate(16 * args) << 10)); // add sp, sp
  }

  systemCall(): void {
    this.#words(0xd4000001);
  }

  #branch(opcode: number, label: Label): void {
    this.#code.refer(label, (view, at, distance) => {
      view.setUint32(at, opcode | (within(distance, 28) >>> 2), true);
    });
    this.#words(0);
  }

  #words(...words: readonly number[]): void {
    for (const word of words) this.#code.word(word);
  }
}

function registerOf(place: Place): number {
  if (place === "value") return X0;
  if (place === "right") return X1;
  return place === "call" ? X8 : place;
}

function isComparison(operator: BinaryOperator): operator is Comparison {
  return Object.hasOwn(INVERSE, operator);
}

function immediate(value: number): number {
  if (value <= MAX_IMMEDIATE) return value;
  throw new RangeError(`${value} bytes do not fit into an instruction`);
}

/** A signed distance as so many bits. */
function within(distance: number, bits: number): number {
  const limit = 2 ** (bits - 1);
  if (distance < -limit || distance >= limit) {
    throw new RangeError(`A distance of ${distance} bytes does not fit into an instruction`);
  }
  return distance & (2 ** bits - 1);
}

function adr(bits: number, register: number): number {
  return (0x10000000 | ((bits & 3) << 29) | ((bits >>> 2) << 5) | register) >>> 0;
}
