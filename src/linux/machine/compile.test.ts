import { describe, expect, test } from "bun:test";
import { ARCHES, emulatorOf, executableFile } from "#test/kit/machine.ts";
import { type Outcome, run } from "#test/kit/process.ts";
import type { Arch } from "../syscalls.ts";
import { compile } from "./compile.ts";
import { SourceError } from "./lexer.ts";

async function runOn(arch: Arch, source: string): Promise<Outcome> {
  using file = executableFile(compile({ test: source }, { arch, entry: "main" }));
  return await run([...emulatorOf(arch), file.path]);
}

/** Expressions of words that no compiler may fold, and what they are. `v` answers its argument. */
const EXPRESSIONS: readonly (readonly [expression: string, value: bigint])[] = [
  ["v(7) + v(-9)", -2n],
  ["v(7) - v(-9)", 16n],
  ["v(-7) * v(9)", -63n],
  ["v(-7) / v(2)", -3n],
  ["v(-7) % v(2)", -1n],
  ["v(7) / v(-2) * 10 + v(7) % v(-2)", -29n],
  ["v(0x7fffffffffffffff) + v(1)", -(2n ** 63n)],
  ["v(0x123456789abcdef0)", 0x123456789abcdef0n],
  ["v(-0x123456789abcdef0)", -0x123456789abcdef0n],
  ["v(0xffffffff)", 0xffffffffn],
  ["v(0x80000000)", 0x80000000n],
  ["v(-0x80000000)", -0x80000000n],
  ["v(-0x80000001)", -0x80000001n],
  ["v(0xffff0000ffff)", 0xffff0000ffffn],
  ["v(-1)", -1n],
  ["v(-65536)", -65536n],
  ["v(0xf0) & v(0x3c) | v(1) ^ v(3)", 0x32n],
  ["~v(0)", -1n],
  ["!v(0) * 10 + !v(5)", 10n],
  ["-v(5)", -5n],
  ["v(1) << v(63)", -(2n ** 63n)],
  ["v(-16) >> v(2)", -4n],
  ["v(-16) >>> v(60)", 15n],
  ["(v(-1) < v(1)) + (v(1) < v(-1)) * 2 + (v(1) < v(1)) * 4", 1n],
  ["(v(-1) > v(1)) + (v(1) > v(-1)) * 2 + (v(1) > v(1)) * 4", 2n],
  ["(v(-1) <= v(1)) + (v(1) <= v(-1)) * 2 + (v(1) <= v(1)) * 4", 5n],
  ["(v(-1) >= v(1)) + (v(1) >= v(-1)) * 2 + (v(1) >= v(1)) * 4", 6n],
  ["(v(-1) == v(1)) + (v(1) == v(1)) * 2 + (v(1) != v(-1)) * 4 + (v(1) != v(1)) * 8", 6n],
  ["(v(2) && v(4)) + (v(2) && v(0)) * 2 + (v(0) && stop()) * 4", 1n],
  ["(v(2) || stop()) + (v(0) || v(3)) * 2 + (v(0) || v(0)) * 4", 3n],
  ["2 + 3 * 4 - 8 / 2 % 3", 13n],
  ["1 << 2 + 1 | 3 & 6 ^ 1", 11n],
  ["CONSTANT * 2", 84n],
  ["'a' + '\\n'", 107n],
  ["six(v(1), v(2), v(3), v(4), v(5), v(6))", 123456n],
  ["v(10) - (v(4) - (v(3) - v(1)))", 8n],
  ["u8[bytes] + u16[bytes + 2] + u32[bytes + 4]", 0xf0n + 0xfffen + 0xfffffffdn],
  ["i32[bytes + 4]", -3n],
  ["u64[bytes + 8]", -2n],
  ["u8[bytes + 15] << 8 | u8[bytes + 16]", 0xff00n],
  ['u8["text" + 3] + u8["text" + 4]', 116n],
  ["through(5)", 6n],
  ["fibonacci(15)", 610n],
  ["counted()", 25n],
  ["many()", 300n],
  ["syscall(close, 77)", -9n],
  ["invoke(v(CLOSE), 77, 0, 0, 0, 0, 0)", -9n],
];

const SURROUNDINGS = (arch: Arch): string => `
const CONSTANT = (1 << 5) + 10;
const CLOSE = ${arch === "x64" ? 3 : 57};
static bytes[24];
static other[1];
fn v(value) { return value; }
fn stop() { syscall(exit_group, 99); return 1; }
fn six(a, b, c, d, e, f) { return ((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + f; }
fn increment(address) { u64[address] = u64[address] + 1; return 0; }
fn through(value) { increment(&value); return value; }
fn fibonacci(n) { if (n < 2) { return n; } return fibonacci(n - 1) + fibonacci(n - 2); }
fn counted() { // the odd numbers below 10
  var sum = 0;
  var at = 0;
  while (1) {
    at = at + 1;
    if (at > 20) { break; }
    if (at % 2 == 0) { continue; } else if (at < 10) { sum = sum + at; } else { sum = sum + 0; }
  }
  return sum;
}
fn many() {
  ${Array.from({ length: 300 }, (_, index) => `var x${index} = v(1);`).join("\n  ")}
  return ${Array.from({ length: 300 }, (_, index) => `x${index}`).join(" + ")};
}
fn prepare() {
  u8[other] = 0xff;
  u8[bytes] = 0x1f0;
  u16[bytes + 2] = -2;
  u32[bytes + 4] = -3;
  u64[bytes + 8] = -2;
  return 0;
}`;

/** The ELF header, and what is said of the code and of the stack. */
const HEADER_BYTES = 64 + 2 * 56;
/** `5 - 3` by a variable, after the call of it and the exit. */
const CODE: Readonly<Record<Arch, string>> = {
  x64: [
    ...["55", "4889e5", "e80b000000", "50", "5f", "b8e7000000", "0f05", "c9", "c3"],
    ...["55", "4889e5", "4881ec08000000", "b805000000", "488945f8", "488b45f8"],
    ...["b903000000", "4829c8", "e900000000", "c9", "c3"],
  ].join(""),
  arm64: [
    ...["fd7bbfa9", "ff0300d1", "fd030091", "08000094", "e00f1ff8", "e00741f8", "c80b80d2"],
    ...["010000d4", "bf030091", "fd7bc1a8", "c0035fd6"],
    ...["fd7bbfa9", "ff4300d1", "fd030091", "a00080d2", "a00300f9", "a00340f9", "610080d2"],
    ...["000001cb", "01000014", "bf430091", "fd7bc1a8", "c0035fd6"],
  ].join(""),
};

describe.each(ARCHES)("compile() for %s", (arch) => {
  test("computes as 64-bit processors do", async () => {
    const checks = EXPRESSIONS.map(
      ([expression], index) => `u64[found + ${index * 8}] = ${expression};`,
    ).join("\n");
    const { exitCode, stdout } = await runOn(
      arch,
      `${SURROUNDINGS(arch)}
      static found[${EXPRESSIONS.length * 8}];
      fn hex(word) {
        var at = 60;
        while (at >= 0) {
          u8[other] = u8["0123456789abcdef" + (word >>> at & 15)];
          syscall(write, 1, other, 1);
          at = at - 4;
        }
        return 0;
      }
      fn main() {
        prepare();
        ${checks}
        var at = 0;
        while (at < ${EXPRESSIONS.length * 8}) { hex(u64[found + at]); at = at + 8; }
        return 7;
      }`,
    );
    expect(exitCode).toBe(7);
    const words = stdout.match(/.{16}/g) ?? [];
    const found = EXPRESSIONS.map(([expression], index) => [
      expression,
      BigInt.asIntN(64, BigInt(`0x${words[index]}`)),
    ]);
    expect(found).toEqual(EXPRESSIONS.map((row) => [...row]));
  });

  test("gives system calls all six arguments, whatever they are made of", async () => {
    const { exitCode } = await runOn(
      arch,
      `fn v(value) { return value; }
      fn main() {
        var size = 8192;
        var at = syscall(mmap, v(0), size, v(3), 0x22, v(-1), 0);
        if (at < 0) { return 1; }
        u64[at + v(8184)] = 5;
        return u64[at + 8184] + syscall(munmap, at, size);
      }`,
    );
    expect(exitCode).toBe(5);
  });

  test("makes the code unwritable and the stack not executable", async () => {
    const writing = await runOn(arch, `fn main() { u8["text"] = 1; return 0; }`);
    expect(writing.exitCode).not.toBe(0);
    const { stdout } = await runOn(
      arch,
      `static buffer[4096];
      fn main() {
        var fd = syscall(openat, -100, "/proc/self/maps", 0, 0);
        while (1) {
          var got = syscall(read, fd, buffer, 4096);
          if (got <= 0) { return 0; }
          syscall(write, 1, buffer, got);
        }
      }`,
    );
    const own = stdout.split("\n").filter((line) => /^0*(400000|1000000)-/.test(line));
    expect(own.map((line) => line.split(" ")[1])).toEqual(["r-xp", "rw-p"]);
    expect(stdout).not.toContain("rwx");
  });

  test("gives the same bytes every time", () => {
    const source = { test: "fn main() { var x = 5; return x - 3; }" };
    const bytes = compile(source, { arch, entry: "main" });
    expect(compile(source, { arch, entry: "main" })).toEqual(bytes);
    const code = Buffer.from(bytes.subarray(HEADER_BYTES)).toString("hex");
    expect(code).toBe(CODE[arch]);
  });
});

test.each([
  ["fn main() { return 1 }", "found }, expected ;"],
  ["fn main() {\n  return x;\n}", "test:2: x is no variable"],
  ["fn main() { return f(); }", "f is no function"],
  ["fn f(a) { return a; } fn main() { return f(); }", "f takes 1 arguments"],
  ["fn main() { syscall(nothing); }", "nothing is no system call"],
  ["fn main() { break; }", "there is no loop around this"],
  ["const A = 1; const A = 2;", "A is declared twice"],
  ["const A = 1;\nfn main() {\n  var A = 2;\n}", "test:3: A is the name of a global"],
  ["static A[8]; fn main() { if (1) { var A = 2; } }", "A is the name of a global"],
  ["fn f(f) { return f; } fn main() { return f(1); }", "f is the name of a global"],
  ["const A = 1; fn f(A) { return A; } fn main() { return f(2); }", "A is the name of a global"],
  ["const A = B;", "this is no constant"],
  ["fn main() { 1 = 2; }", "expected a variable or memory on the left of it"],
  ["fn main() { var x = @; }", "test:1: no word begins like this"],
  ["fn main() { syscall(read, 1, 2, 3, 4, 5, 6, 7); }", "at most 6 arguments"],
  ["hello", "found hello, expected const, static or fn"],
])("compile() says what is wrong with %s", (source, message) => {
  const refused = () => compile({ test: source }, { arch: "x64", entry: "main" });
  expect(refused).toThrow(SourceError);
  expect(refused).toThrow(message);
});
