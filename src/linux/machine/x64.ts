import { must } from "#lib/errors.ts";
import type { Code, Label } from "./code.ts";
import type { Machine, Place } from "./machine.ts";
import type { BinaryOperator, Comparison, UnaryOperator, Width } from "./syntax.ts";

const RAX = 0;
const RCX = 1;
/** rdi, rsi, rdx, r10, r8, r9: where the kernel looks for arguments. */
const ARGUMENTS = [7, 6, 2, 10, 8, 9];
/** Of setcc. */
const CONDITIONS: Readonly<Record<Comparison, number>> = {
  "==": 0x94,
  "!=": 0x95,
  "<": 0x9c,
  ">=": 0x9d,
  "<=": 0x9e,
  ">": 0x9f,
};
const LOADS: Readonly<Record<Width, readonly number[]>> = {
  u8: [0x0f, 0xb6, 0x00],
  u16: [0x0f, 0xb7, 0x00],
  u32: [0x8b, 0x00],
  i32: [0x48, 0x63, 0x00],
  u64: [0x48, 0x8b, 0x00],
};
const STORES: Readonly<Record<Width, readonly number[]>> = {
  u8: [0x88, 0x08],
  u16: [0x66, 0x89, 0x08],
  u32: [0x89, 0x08],
  i32: [0x89, 0x08],
  u64: [0x48, 0x89, 0x08],
};
/** With the left side and the result in rax, the right side in rcx. */
const OPERATIONS: Readonly<Record<Exclude<BinaryOperator, Comparison>, readonly number[]>> = {
  "+": [0x48, 0x01, 0xc8],
  "-": [0x48, 0x29, 0xc8],
  "*": [0x48, 0x0f, 0xaf, 0xc1],
  "/": [0x48, 0x99, 0x48, 0xf7, 0xf9], // cqo; idiv rcx
  "%": [0x48, 0x99, 0x48, 0xf7, 0xf9, 0x48, 0x89, 0xd0], // the remainder is in rdx
  "&": [0x48, 0x21, 0xc8],
  "|": [0x48, 0x09, 0xc8],
  "^": [0x48, 0x31, 0xc8],
  "<<": [0x48, 0xd3, 0xe0],
  ">>": [0x48, 0xd3, 0xf8],
  ">>>": [0x48, 0xd3, 0xe8],
};

/** Intel and AMD's 64-bit instructions. rbp is the frame; a variable is 8 bytes below the one before. */
export class X64 implements Machine {
  readonly #code: Code;

  constructor(code: Code) {
    this.#code = code;
  }

  enter(slots: number): void {
    this.#code.bytes(0x55, 0x48, 0x89, 0xe5); // push rbp; mov rbp, rsp
    if (slots > 0) this.#code.bytes(0x48, 0x81, 0xec, ...int32(8 * slots)); // sub rsp
  }

  leave(): void {
    this.#code.bytes(0xc9, 0xc3);
  }

  constant(to: Place, value: bigint): void {
    const register = registerOf(to);
    const high = register >> 3;
    const low = register & 7;
    if (value === 0n) {
      this.#code.bytes(...(high ? [0x45] : []), 0x31, 0xc0 | (low << 3) | low);
    } else if (value > 0n && value < 2n ** 32n) {
      this.#code.bytes(...(high ? [0x41] : []), 0xb8 | low, ...int32(Number(value)));
    } else if (value < 0n && value >= -(2n ** 31n)) {
      this.#code.bytes(0x48 | high, 0xc7, 0xc0 | low, ...int32(Number(value)));
    } else {
      const bytes = new DataView(new ArrayBuffer(8));
      bytes.setBigInt64(0, value, true);
      this.#code.bytes(0x48 | high, 0xb8 | low, ...new Uint8Array(bytes.buffer));
    }
  }

  address(to: Place, label: Label): void {
    const register = registerOf(to);
    const rex = 0x48 | ((register >> 3) << 2);
    this.#code.bytes(rex, 0x8d, 0x05 | ((register & 7) << 3)); // lea, from rip
    this.#distance(label);
  }

  variable(to: Place, slot: number): void {
    this.#frame(0x8b, { register: registerOf(to), offset: slotOffset(slot) });
  }

  argument(index: number, count: number): void {
    this.#frame(0x8b, { register: RAX, offset: 16 + 8 * (count - 1 - index) });
  }

  addressOfVariable(slot: number): void {
    this.#frame(0x8d, { register: RAX, offset: slotOffset(slot) });
  }

  assign(slot: number): void {
    this.#frame(0x89, { register: RAX, offset: slotOffset(slot) });
  }

  push(): void {
    this.#code.bytes(0x50);
  }

  pop(to: Place): void {
    const register = registerOf(to);
    this.#code.bytes(...(register >> 3 ? [0x41] : []), 0x58 | (register & 7));
  }

  binary(operator: BinaryOperator): void {
    if (isComparison(operator)) {
      this.#code.bytes(0x48, 0x39, 0xc8, 0x0f, CONDITIONS[operator], 0xc0); // cmp rax, rcx; setcc al
      this.#code.bytes(0x0f, 0xb6, 0xc0); // movzx eax, al
    } else {
      this.#code.bytes(...OPERATIONS[operator]);
    }
  }

  unary(operator: UnaryOperator): void {
    if (operator === "-") this.#code.bytes(0x48, 0xf7, 0xd8);
    else if (operator === "~") this.#code.bytes(0x48, 0xf7, 0xd0);
    else this.#code.bytes(0x48, 0x85, 0xc0, 0x0f, 0x94, 0xc0, 0x0f, 0xb6, 0xc0); // test; sete; movzx
  }

  load(width: Width): void {
    this.#code.bytes(...LOADS[width]);
  }

  store(width: Width): void {
    this.#code.bytes(...STORES[width]);
  }

  jump(to: Label): void {
    this.#code.bytes(0xe9);
    this.#distance(to);
  }

  jumpIfZero(to: Label): void {
    this.#code.bytes(0x48, 0x85, 0xc0, 0x0f, 0x84); // test rax, rax; jz
    this.#distance(to);
  }

  callFunction(to: Label, args: number): void {
    this.#code.bytes(0xe8);
    this.#distance(to);
    if (args > 0) this.#code.bytes(0x48, 0x83, 0xc4, 8 * args); // add rsp
  }

  /** Overwrites rcx and r11, where nothing is kept over an instruction. */
  systemCall(): void {
    this.#code.bytes(0x0f, 0x05);
  }

  #frame(opcode: number, { register, offset }: { register: number; offset: number }): void {
    const rex = 0x48 | ((register >> 3) << 2);
    const short = offset >= -128 && offset <= 127;
    const mode = (short ? 0x45 : 0x85) | ((register & 7) << 3);
    this.#code.bytes(rex, opcode, mode, ...(short ? [offset & 0xff] : int32(offset)));
  }

  /** 32 bits that count from their own end. */
  #distance(label: Label): void {
    this.#code.refer(label, (view, at, distance) => view.setInt32(at, distance - 4, true));
    this.#code.bytes(0, 0, 0, 0);
  }
}

function registerOf(place: Place): number {
  if (place === "value" || place === "call") return RAX;
  if (place === "right") return RCX;
  return must(ARGUMENTS[place], `an argument of a system call, not number ${place}`);
}

function slotOffset(slot: number): number {
  return -8 * (slot + 1);
}

function isComparison(operator: BinaryOperator): operator is Comparison {
  return Object.hasOwn(CONDITIONS, operator);
}

function int32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}
