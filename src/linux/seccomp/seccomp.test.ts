import { describe, expect, test } from "bun:test";
import { type FilteredCall, runFilter } from "#test/kit/classic-bpf.ts";
import { isSystemCall, systemCallNumber } from "../syscalls.ts";
import { compileSeccomp } from "./filter.ts";
import { INSTRUCTION_BYTES, INSTRUCTIONS_MAX } from "./instructions.ts";
import { parseSeccompProfile } from "./parse-profile.ts";
import { defaultSeccompProfile } from "./profiles.ts";
import { type Abi, SYSCALL_NUMBERS } from "./syscall-table.ts";

const ARCHITECTURES: Readonly<Record<Abi, number>> = {
  x64: 0xc000003e,
  x32: 0xc000003e,
  i386: 0x40000003,
  arm64: 0xc00000b7,
  arm: 0x40000028,
};
const ALLOW = 0x7fff0000;
const errno = (number: number): number => 0x00050000 | number;
const EPERM = errno(1);
const ENOSYS = errno(38);
const KILL_PROCESS = 0x80000000;
const MAX = (1n << 64n) - 1n;

const call = (abi: Abi, name: string, args: readonly bigint[] = []): FilteredCall => ({
  architecture: ARCHITECTURES[abi],
  number: SYSCALL_NUMBERS[abi][name] ?? Number.NaN,
  args,
});

const filterOf = (
  profile: ReturnType<typeof defaultSeccompProfile>,
  {
    architecture = "x64",
    capabilities = [],
    kernel = "6.1.0-30-cloud-amd64",
  }: {
    readonly architecture?: "x64" | "arm64";
    readonly capabilities?: readonly string[];
    readonly kernel?: string;
  } = {},
) => compileSeccomp(profile, { architecture, capabilities: new Set(capabilities), kernel });

test("the tables of numbers agree with the one that programs are made by", () => {
  const names = Object.keys(SYSCALL_NUMBERS.x64).filter(isSystemCall);
  expect(names.length).toBeGreaterThan(50);
  for (const name of names) {
    const numbers = [systemCallNumber(name, "x64"), systemCallNumber(name, "arm64")];
    expect([name, ...numbers]).toEqual([
      name,
      SYSCALL_NUMBERS.x64[name] ?? -1,
      SYSCALL_NUMBERS.arm64[name] ?? -1,
    ]);
  }
});

describe("Docker's profile", () => {
  const profile = defaultSeccompProfile();
  const unconditional = new Set(
    profile.syscalls
      .filter(
        ({ action, args, includes, excludes }) =>
          action === "SCMP_ACT_ALLOW" &&
          args.length + includes.arches.length + includes.caps.length + excludes.caps.length === 0,
      )
      .flatMap(({ names }) => names),
  );

  for (const [architecture, abis] of [
    ["x64", ["x64", "i386", "x32"]],
    ["arm64", ["arm64", "arm"]],
  ] as const) {
    test(`lets through on ${architecture} what it names and nothing else`, () => {
      const filter = filterOf(profile, { architecture });
      expect(filter.length / INSTRUCTION_BYTES).toBeLessThan(INSTRUCTIONS_MAX / 2);
      const conditional = new Set(
        profile.syscalls.flatMap(({ names }) => names).filter((name) => !unconditional.has(name)),
      );
      const names = abis.flatMap((abi) =>
        Object.keys(SYSCALL_NUMBERS[abi]).flatMap((name) =>
          conditional.has(name) ? [] : [[abi, name] as const],
        ),
      );
      for (const [abi, name] of names) {
        const answer = runFilter(filter, call(abi, name, [MAX, MAX, MAX]));
        const expected = unconditional.has(name) ? [ALLOW] : [EPERM, ENOSYS];
        expect([abi, name, expected]).toEqual([abi, name, expect.arrayContaining([answer])]);
      }
    });
  }

  test("asks for the capabilities that the calls need", () => {
    for (const [name, capability] of [
      ["mount", "CAP_SYS_ADMIN"],
      ["unshare", "CAP_SYS_ADMIN"],
      ["reboot", "CAP_SYS_BOOT"],
      ["chroot", "CAP_SYS_CHROOT"],
      ["bpf", "CAP_BPF"],
      ["settimeofday", "CAP_SYS_TIME"],
      ["kcmp", "CAP_SYS_PTRACE"],
    ] as const) {
      expect(runFilter(filterOf(profile), call("x64", name))).toBe(EPERM);
      const with_ = filterOf(profile, { capabilities: [capability] });
      expect(runFilter(with_, call("x64", name))).toBe(ALLOW);
    }
  });

  test("forbids new namespaces by clone, and hides clone3", () => {
    const filter = filterOf(profile);
    const clone = (flags: bigint) => runFilter(filter, call("x64", "clone", [flags]));
    expect(clone(0x003d0f00n)).toBe(ALLOW);
    for (const namespace of [0x20000n, 0x4000000n, 0x10000000n, 0x40000000n]) {
      expect(clone(namespace)).toBe(EPERM);
    }
    expect(runFilter(filter, call("x64", "clone3"))).toBe(ENOSYS);
    const admin = filterOf(profile, { capabilities: ["CAP_SYS_ADMIN"] });
    expect(runFilter(admin, call("x64", "clone", [0x10000000n]))).toBe(ALLOW);
    expect(runFilter(admin, call("x64", "clone3"))).toBe(ALLOW);
  });

  test("compares arguments as wholes", () => {
    const filter = filterOf(profile);
    const socket = (family: bigint) => runFilter(filter, call("x64", "socket", [family]));
    expect([0n, 1n, 2n, 10n, 16n, 17n].map(socket)).toEqual(Array(6).fill(ALLOW));
    expect([3n, 38n, 40n, 1n << 32n, (1n << 32n) | 2n, MAX].map(socket)).toEqual(
      Array(6).fill(EPERM),
    );
    const personality = (value: bigint) => runFilter(filter, call("x64", "personality", [value]));
    expect([0n, 8n, 0x20000n, 0x20008n, 0xffffffffn].map(personality)).toEqual(
      Array(5).fill(ALLOW),
    );
    expect([1n, MAX, 0x40000n].map(personality)).toEqual(Array(3).fill(EPERM));
  });

  test("does not know older kernels' ptrace as safe", () => {
    const ptrace = call("x64", "ptrace");
    expect(runFilter(filterOf(profile, { kernel: "4.7.10-generic" }), ptrace)).toBe(EPERM);
    expect(runFilter(filterOf(profile, { kernel: "4.8" }), ptrace)).toBe(ALLOW);
  });

  test("answers ENOSYS to what is newer than itself, on every ABI", () => {
    for (const [architecture, abi] of [
      ["x64", "x64"],
      ["x64", "i386"],
      ["x64", "x32"],
      ["arm64", "arm64"],
      ["arm64", "arm"],
    ] as const) {
      const filter = filterOf(profile, { architecture });
      const base = abi === "x32" ? 0x40000000 : 0;
      // The newest calls of x32 alone are from 512 to 547.
      for (const number of abi === "x32" ? [548, 0xeffff] : [468, 600, 0xeffff]) {
        const unknown = { architecture: ARCHITECTURES[abi], number: base + number, args: [] };
        expect([abi, number, runFilter(filter, unknown)]).toEqual([abi, number, ENOSYS]);
      }
    }
    // ARM's own calls lie far behind.
    expect(runFilter(filterOf(profile, { architecture: "arm64" }), call("arm", "set_tls"))).toBe(
      ALLOW,
    );
  });

  test("kills what comes by the ABI of another machine", () => {
    const foreign = { architecture: ARCHITECTURES.arm64, number: 0, args: [] };
    expect(runFilter(filterOf(profile), foreign)).toBe(KILL_PROCESS);
  });
});

describe("a profile of one's own", () => {
  const profileOf = (syscalls: readonly object[], more: object = {}) =>
    parseSeccompProfile(JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls, ...more }));

  test("may name no other ABI: then none is let through", () => {
    const filter = filterOf(profileOf([]));
    expect(runFilter(filter, call("x64", "read"))).toBe(ALLOW);
    expect(runFilter(filter, call("i386", "read"))).toBe(KILL_PROCESS);
    expect(runFilter(filter, call("x32", "read"))).toBe(KILL_PROCESS);
  });

  const holds: Readonly<Record<string, (a: bigint, b: bigint, two: bigint) => boolean>> = {
    SCMP_CMP_NE: (a, b) => a !== b,
    SCMP_CMP_LT: (a, b) => a < b,
    SCMP_CMP_LE: (a, b) => a <= b,
    SCMP_CMP_EQ: (a, b) => a === b,
    SCMP_CMP_GE: (a, b) => a >= b,
    SCMP_CMP_GT: (a, b) => a > b,
    SCMP_CMP_MASKED_EQ: (a, mask, two) => (a & mask) === (two & mask),
  };
  const edges = [0n, 1n, 0x7fffffffn, 0xffffffffn, 1n << 32n, (7n << 32n) | 5n, MAX];
  const near = [...new Set(edges.flatMap((edge) => [edge - 1n, edge, edge + 1n]))].filter(
    (value) => value >= 0n && value <= MAX,
  );

  for (const [op, decide] of Object.entries(holds)) {
    test(`${op} is right at every edge of 64 bits, in every argument`, () => {
      const comparisons = edges.flatMap((value) =>
        [0n, 5n, value, value & 0xffff0000ffffn].map((valueTwo, index) => ({
          index,
          value,
          valueTwo,
        })),
      );
      for (const { index, value, valueTwo } of comparisons) {
        const argument = `{"index":${index},"op":"${op}","value":${value},"valueTwo":${valueTwo}}`;
        const rule = `{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":7,"args":[${argument}]}`;
        const filter = filterOf(
          parseSeccompProfile(`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[${rule}]}`),
        );
        const refused = near.filter((given) => {
          const args = Array.from({ length: 6 }, (_, at) => (at === index ? given : 3n));
          return runFilter(filter, call("x64", "read", args)) === errno(7);
        });
        const expected = near.filter((given) => decide(given, value, valueTwo));
        expect([argument, refused]).toEqual([argument, expected]);
      }
    });
  }

  test("several comparisons of different arguments must all hold; of one argument, any of them", () => {
    const rule = (args: readonly object[]) => ({
      names: ["ioctl"],
      action: "SCMP_ACT_KILL_PROCESS",
      args,
    });
    const equals = (index: number, value: number) => ({ index, value, op: "SCMP_CMP_EQ" });
    const all = filterOf(profileOf([rule([equals(0, 1), equals(1, 2)])]));
    expect(runFilter(all, call("x64", "ioctl", [1n, 2n]))).toBe(KILL_PROCESS);
    expect(runFilter(all, call("x64", "ioctl", [1n, 3n]))).toBe(ALLOW);
    const any = filterOf(profileOf([rule([equals(1, 1), equals(1, 2)])]));
    expect([1n, 2n, 3n].map((one) => runFilter(any, call("x64", "ioctl", [0n, one])))).toEqual([
      KILL_PROCESS,
      KILL_PROCESS,
      ALLOW,
    ]);
  });

  test("forbids a socket on i386 by its other way too", () => {
    const filter = filterOf(
      profileOf([{ names: ["socket", "shmget"], action: "SCMP_ACT_ERRNO" }], {
        architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
      }),
    );
    expect(runFilter(filter, call("i386", "socket"))).toBe(EPERM);
    expect(runFilter(filter, call("i386", "socketcall", [1n]))).toBe(EPERM);
    expect(runFilter(filter, call("i386", "socketcall", [2n]))).toBe(ALLOW);
    expect(runFilter(filter, call("i386", "ipc", [23n]))).toBe(EPERM);
  });

  test("that needs too many instructions is refused", () => {
    const syscalls = Array.from({ length: 1000 }, (_, value) => ({
      names: ["read"],
      action: "SCMP_ACT_ERRNO",
      args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
    }));
    expect(() => filterOf(profileOf(syscalls))).toThrow("the kernel takes 4096");
  });

  test.each([
    ["{", "It is not JSON"],
    ["[]", "the profile must be an object"],
    ["{}", "defaultAction must be one of"],
    ['{"defaultAction":"SCMP_ACT_NOTIFY"}', "defaultAction must be one of"],
    ['{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/x"}', "listenerPath is not known"],
    [
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"op":"SCMP_CMP_EQ","value":1}]}]}',
      "syscalls[0].args[0].index must be an integer from 0 to 5",
    ],
    [
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"op":"SCMP_CMP_EQ","value":-1}]}]}',
      "value must be an integer from 0 to 2^64-1",
    ],
  ])("is refused with its reason: %s", (text, reason) => {
    expect(() => parseSeccompProfile(text)).toThrow(reason);
  });
});
