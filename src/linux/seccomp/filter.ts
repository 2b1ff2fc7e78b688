import { assertNever } from "#lib/errors.ts";
import { argumentTests } from "./arguments.ts";
import {
  answer,
  branch,
  DATA,
  encode,
  INSTRUCTIONS_MAX,
  type Instruction,
  load,
} from "./instructions.ts";
import { SeccompProfileError } from "./parse-profile.ts";
import type { SeccompAction, SeccompProfile } from "./profile.ts";
import {
  type AbiRules,
  type ConditionalVerdict,
  effectiveRules,
  type SeccompContext,
  type Verdict,
} from "./rules.ts";
import type { Abi } from "./syscall-table.ts";

/** AUDIT_ARCH_* of linux/audit.h; x32 is told from x64 by the bit in its numbers. */
const AUDIT_ARCHITECTURES: Readonly<Record<Abi, number>> = {
  x64: 0xc000003e,
  x32: 0xc000003e,
  i386: 0x40000003,
  arm64: 0xc00000b7,
  arm: 0x40000028,
};

/** SECCOMP_RET_* of linux/seccomp.h. */
const RET = {
  killProcess: 0x80000000,
  killThread: 0x00000000,
  trap: 0x00030000,
  errno: 0x00050000,
  trace: 0x7ff00000,
  log: 0x7ffc0000,
  allow: 0x7fff0000,
} as const;

const X32_BIT = 0x40000000;
/** ARM has calls of its own from here on, far behind the common ones. */
const ARM_PRIVATE = 0xf0000;
const ENOSYS = 38;

/**
 * The filter (an array of `struct sock_filter`) that holds a container to a profile, for
 * seccomp(2). Calls that are newer than the profile answer ENOSYS, as under runc, so that programs
 * fall back to older ones. An ABI that the profile does not name kills the process.
 * @throws {SeccompProfileError} when it would be too long for the kernel.
 */
export function compileSeccomp(profile: SeccompProfile, context: SeccompContext): Uint8Array {
  const { abis, defaultVerdict } = effectiveRules(profile, context);
  const trees = new Map(
    abis.map((rules) => [rules.abi, [load(DATA.number), ...tree(ranges(rules, defaultVerdict))]]),
  );
  const filter = [load(DATA.architecture), ...dispatch(trees)];
  if (filter.length > INSTRUCTIONS_MAX) {
    throw new SeccompProfileError(
      `The profile needs ${filter.length} instructions, and the kernel takes ${INSTRUCTIONS_MAX}`,
    );
  }
  return encode(filter);
}

type Piece = readonly Instruction[];

/** From the architecture to the tree of its calls. */
function dispatch(trees: ReadonlyMap<Abi, Piece>): Piece {
  const kill: Piece = [answer(RET.killProcess)];
  return [...trees.keys()]
    .filter((abi) => abi !== "x32")
    .reduceRight<Piece>((otherwise, abi) => {
      const own = trees.get(abi) ?? kill;
      const holds = abi === "x64" ? withX32(own, trees.get("x32") ?? kill) : own;
      return branch("jumpEqual", { k: AUDIT_ARCHITECTURES[abi], holds, otherwise });
    }, kill);
}

function withX32(x64: Piece, x32: Piece): Piece {
  const parts = { k: X32_BIT, holds: x32, otherwise: x64 };
  return [load(DATA.number), ...branch("jumpGreaterOrEqual", parts)];
}

/** What becomes of all calls from a number on, to where the next range starts. */
interface Range {
  readonly from: number;
  readonly piece: Piece;
}

function ranges({ abi, calls }: AbiRules, defaultVerdict: Verdict): readonly Range[] {
  const numbers = [...calls.keys()].toSorted((a, b) => a - b);
  const newest = numbers.findLast((number) => number % X32_BIT < ARM_PRIVATE) ?? -1;
  const unknown = unknownVerdict(defaultVerdict);
  const gap = (from: number) => [answerOf(from > newest ? unknown : defaultVerdict)];
  const list: Range[] = [];
  let next = abi === "x32" ? X32_BIT : 0;
  for (const number of numbers) {
    if (number > next) list.push({ from: next, piece: gap(next) });
    list.push({ from: number, piece: callPiece(calls.get(number) ?? [], defaultVerdict) });
    next = number + 1;
  }
  list.push({ from: next, piece: gap(next) });
  return list.filter(({ piece }, index) => !alike(piece, list[index - 1]?.piece));
}

/** A binary search of the ranges, which are many. */
function tree(list: readonly Range[]): Piece {
  const middle = list.length >> 1;
  const right = list[middle];
  if (right === undefined) return [answer(RET.killProcess)];
  if (middle === 0) return right.piece;
  return branch("jumpGreaterOrEqual", {
    k: right.from,
    holds: tree(list.slice(middle)),
    otherwise: tree(list.slice(0, middle)),
  });
}

function callPiece(verdicts: readonly ConditionalVerdict[], otherwise: Verdict): Piece {
  const pieces = verdicts.map((one) => [...argumentTests(one.args, 1), answerOf(one)]);
  const decided = verdicts.some(({ args }) => args.length === 0);
  return decided ? pieces.flat() : [...pieces.flat(), answerOf(otherwise)];
}

/** Of a call that the profile cannot have known. */
function unknownVerdict(defaultVerdict: Verdict): Verdict {
  return PERMISSIVE.has(defaultVerdict.action)
    ? defaultVerdict
    : { action: "SCMP_ACT_ERRNO", errno: ENOSYS };
}

const PERMISSIVE: ReadonlySet<SeccompAction> = new Set([
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_LOG",
  "SCMP_ACT_TRACE",
]);

function answerOf({ action, errno }: Verdict): Instruction {
  switch (action) {
    case "SCMP_ACT_ALLOW":
      return answer(RET.allow);
    case "SCMP_ACT_LOG":
      return answer(RET.log);
    case "SCMP_ACT_ERRNO":
      return answer(RET.errno | errno);
    case "SCMP_ACT_TRACE":
      return answer(RET.trace | errno);
    case "SCMP_ACT_TRAP":
      return answer(RET.trap);
    case "SCMP_ACT_KILL_PROCESS":
      return answer(RET.killProcess);
    case "SCMP_ACT_KILL":
    case "SCMP_ACT_KILL_THREAD":
      return answer(RET.killThread);
    default:
      return assertNever(action, "action");
  }
}

/** Both answer the same without any test. */
function alike([one, ...more]: Piece, [other, ...others]: Piece = []): boolean {
  return more.length + others.length === 0 && one?.k === other?.k;
}
