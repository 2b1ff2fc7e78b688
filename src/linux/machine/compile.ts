import { must } from "#lib/errors.ts";
import type { Arch } from "../syscalls.ts";
import { Arm64 } from "./arm64.ts";
import { Code, type Label } from "./code.ts";
import { executable } from "./elf.ts";
import { FunctionGenerator } from "./generator.ts";
import { type FunctionDeclaration, type Globals, globalsOf } from "./globals.ts";
import type { Machine } from "./machine.ts";
import { parse } from "./parser.ts";
import { X64 } from "./x64.ts";

export interface CompileOptions {
  readonly arch: Arch;
  /** The function that the program begins with; what it answers is the exit code. */
  readonly entry: string;
}

const TEXT_ENCODER = new TextEncoder();

/**
 * Compiles the sources of a program, by their names, into a static executable that needs nothing but
 * the kernel. The same sources give the same bytes. The language is B's: every value is a word of 64 bits.
 *
 *     const LIMIT = 3;                     // constants are made of constants
 *     static buffer[4096];                 // zeroed bytes; the name is their address
 *     fn copy(from, to) {                  // 64-bit words in, one out
 *       var got = syscall(read, from, buffer, 4096);
 *       if (got < 0 && got != -4) { return got; }
 *       u8[buffer + got] = 0;              // u8 u16 u32 i32 u64: memory at an address
 *       while (u32[buffer] > LIMIT) { … break; continue; }
 *       return syscall(write, to, "text", 4) + copy(to, from);
 *     }
 *
 * Operators and precedence are C's; comparisons, `/` and `%` are signed, `>>` keeps the sign, `>>>`
 * does not. `&name` is the address of a variable. A variable belongs to its whole function. Operands
 * that are a variable alone are read after those that must be computed. `syscall(name, …)` answers
 * what the kernel does, a negative errno when it failed; `invoke(number, …)` takes any number.
 * @throws SourceError where a source is wrong; it tells the place.
 */
export function compile(
  sources: Readonly<Record<string, string>>,
  { arch, entry }: CompileOptions,
): Uint8Array {
  const all = Object.entries(sources).map(([name, text]) => ({ name, text }));
  const globals = globalsOf(all.flatMap(parse));
  const code = new Program(globals, arch).generate(entry);
  return executable(code, { arch, staticBytes: globals.staticBytes });
}

/** The code of a program: how it begins, the functions that are needed, the texts. */
class Program {
  readonly #code = new Code();
  readonly #machine: Machine;
  readonly #globals: Globals;
  readonly #arch: Arch;
  readonly #functions = new Map<string, Label>();
  readonly #texts = new Map<string, Label>();

  constructor(globals: Globals, arch: Arch) {
    this.#globals = globals;
    this.#arch = arch;
    this.#machine = arch === "x64" ? new X64(this.#code) : new Arm64(this.#code);
  }

  generate(entry: string): Uint8Array {
    this.#function(beginning(entry));
    // A function that another one calls joins the map, and so this loop.
    for (const [name, label] of this.#functions) {
      this.#code.here(label);
      this.#function(must(this.#globals.functions.get(name), `a function ${name}`));
    }
    for (const [text, label] of this.#texts) {
      this.#code.here(label);
      this.#code.bytes(...TEXT_ENCODER.encode(text), 0);
    }
    return this.#code.finish();
  }

  #function(declaration: FunctionDeclaration): void {
    new FunctionGenerator({
      arch: this.#arch,
      machine: this.#machine,
      globals: this.#globals,
      label: () => this.#code.label(),
      here: (label) => this.#code.here(label),
      functionLabel: (name) => this.#labelOf(this.#functions, name),
      textLabel: (text) => this.#labelOf(this.#texts, text),
    }).generate(declaration);
  }

  #labelOf(labels: Map<string, Label>, key: string): Label {
    const label = labels.get(key) ?? this.#code.label();
    labels.set(key, label);
    return label;
  }
}

/** What the kernel jumps to: calls the entry and exits with its answer. */
function beginning(entry: string): FunctionDeclaration {
  const at = "the beginning";
  const answer = { kind: "call", at, name: entry, args: [] } as const;
  const exit = { kind: "syscall", at, name: "exit_group", args: [answer] } as const;
  const body = [{ kind: "evaluate", at, value: exit }] as const;
  return { kind: "function", name: "", at, parameters: [], body };
}
