import { multiplexed } from "./multiplexed.ts";
import type {
  SeccompAction,
  SeccompArgument,
  SeccompCondition,
  SeccompProfile,
  SeccompRule,
} from "./profile.ts";
import { type Abi, SYSCALL_NUMBERS } from "./syscall-table.ts";

/** For whom a profile is made into a filter. */
export interface SeccompContext {
  readonly architecture: "x64" | "arm64";
  /** `CAP_SYS_ADMIN`, …: all that the container may have. */
  readonly capabilities: ReadonlySet<string>;
  /** The running kernel, `6.1` or with more behind. */
  readonly kernel: string;
}

/** What becomes of a call, and with which errno. */
export interface Verdict {
  readonly action: SeccompAction;
  /** Of ERRNO and TRACE. */
  readonly errno: number;
}

/** A verdict that holds for certain arguments. */
export interface ConditionalVerdict extends Verdict {
  /** All must hold; none: always. */
  readonly args: readonly SeccompArgument[];
}

/** What becomes of the calls of one ABI. */
export interface AbiRules {
  readonly abi: Abi;
  /** By number; the first whose arguments fit counts, and the default where none does. */
  readonly calls: ReadonlyMap<number, readonly ConditionalVerdict[]>;
}

export interface EffectiveRules {
  readonly defaultVerdict: Verdict;
  /** The native ABI first. */
  readonly abis: readonly AbiRules[];
}

const EPERM = 1;

const NATIVE = {
  x64: { seccomp: "SCMP_ARCH_X86_64", go: "amd64" },
  arm64: { seccomp: "SCMP_ARCH_AARCH64", go: "arm64" },
} as const;

/** The ABIs that a filter here can speak of; a profile may name those of other machines. */
const ABIS: ReadonlyMap<string, Abi> = new Map([
  ["SCMP_ARCH_X86_64", "x64"],
  ["SCMP_ARCH_X86", "i386"],
  ["SCMP_ARCH_X32", "x32"],
  ["SCMP_ARCH_AARCH64", "arm64"],
  ["SCMP_ARCH_ARM", "arm"],
]);

const OF_MACHINE: Readonly<Record<"x64" | "arm64", readonly Abi[]>> = {
  x64: ["x64", "i386", "x32"],
  arm64: ["arm64", "arm"],
};

/** The rules of a profile that count here, by number. Names that no kernel here knows are left out. */
export function effectiveRules(profile: SeccompProfile, context: SeccompContext): EffectiveRules {
  const defaultVerdict = verdict(profile.defaultAction, profile.defaultErrnoRet);
  const rules = profile.syscalls
    .filter((rule) => counts(rule, context))
    // libseccomp takes no rule that says the same as the default.
    .filter((rule) => !same(verdict(rule.action, rule.errnoRet), defaultVerdict));
  const abis = abisOf(profile, context.architecture);
  return { defaultVerdict, abis: abis.map((abi) => ({ abi, calls: callsOf(abi, rules) })) };
}

function abisOf(
  { archMap, architectures }: SeccompProfile,
  native: SeccompContext["architecture"],
): readonly Abi[] {
  const named = [...architectures, ...(archMap.get(NATIVE[native].seccomp) ?? [])];
  const others = named.flatMap((name) => ABIS.get(name) ?? []);
  return [...new Set([native, ...others])].filter((abi) => OF_MACHINE[native].includes(abi));
}

function counts({ includes, excludes }: SeccompRule, context: SeccompContext): boolean {
  const arch = NATIVE[context.architecture].go;
  const { capabilities, kernel } = context;
  const old = ({ minKernel }: SeccompCondition) =>
    minKernel !== undefined && isOlder(kernel, minKernel);
  const excluded =
    excludes.arches.includes(arch) ||
    excludes.caps.some((name) => capabilities.has(name)) ||
    (excludes.minKernel !== undefined && !old(excludes));
  return (
    !excluded &&
    (includes.arches.length === 0 || includes.arches.includes(arch)) &&
    includes.caps.every((name) => capabilities.has(name)) &&
    !old(includes)
  );
}

/** Only the first two numbers count. */
function isOlder(kernel: string, than: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major === thanMajor ? minor < thanMinor : major < thanMajor;
}

function callsOf(
  abi: Abi,
  rules: readonly SeccompRule[],
): ReadonlyMap<number, readonly ConditionalVerdict[]> {
  const calls = new Map<number, ConditionalVerdict[]>();
  const add = (name: string, one: ConditionalVerdict) => {
    const number = SYSCALL_NUMBERS[abi][name];
    if (number !== undefined) calls.set(number, [...(calls.get(number) ?? []), one]);
  };
  for (const { names, action, errnoRet, args } of rules) {
    for (const name of names) {
      for (const alternative of alternatives(args)) {
        add(name, { ...verdict(action, errnoRet), args: alternative });
      }
      const inside = args.length === 0 ? multiplexed(abi, name) : undefined;
      if (inside) add(inside.name, { ...verdict(action, errnoRet), args: [inside.argument] });
    }
  }
  return new Map([...calls].map(([number, verdicts]) => [number, decisive(verdicts)]));
}

/** As runc has it: two comparisons of one argument are two rules. */
function alternatives(args: readonly SeccompArgument[]): readonly (readonly SeccompArgument[])[] {
  const indices = new Set(args.map(({ index }) => index));
  return indices.size === args.length ? [args] : args.map((one) => [one]);
}

/** As libseccomp has it: a rule without conditions leaves no room for those with. */
function decisive(verdicts: readonly ConditionalVerdict[]): readonly ConditionalVerdict[] {
  const always = verdicts.find(({ args }) => args.length === 0);
  return always === undefined ? verdicts : [always];
}

function verdict(action: SeccompAction, errno = EPERM): Verdict {
  return { action, errno: action === "SCMP_ACT_ERRNO" || action === "SCMP_ACT_TRACE" ? errno : 0 };
}

function same(one: Verdict, other: Verdict): boolean {
  return one.action === other.action && one.errno === other.errno;
}
