import { assertNever } from "#lib/errors.ts";
import { and, compare, DATA, type Instruction, load } from "./instructions.ts";
import type { SeccompArgument } from "./profile.ts";

const LOW = 0xffffffffn;

/**
 * Instructions that go on behind themselves when all comparisons hold, and otherwise leave out the
 * `behind` instructions that follow them.
 */
export function argumentTests(
  args: readonly SeccompArgument[],
  behind: number,
): readonly Instruction[] {
  let tests: Instruction[] = [];
  for (const argument of args.toReversed()) {
    tests = [...test(argument, behind + tests.length), ...tests];
  }
  return tests;
}

/** A comparison in two halves, the high one first; `failed` is how far to go when it does not hold. */
function test({ index, op, value, valueTwo }: SeccompArgument, failed: number): Instruction[] {
  const at = DATA.argument(index);
  const [loadHigh, loadLow] = [load(at + 4), load(at)];
  const [high, low] = halves(value);
  switch (op) {
    case "SCMP_CMP_EQ":
      return [
        loadHigh,
        compare("jumpEqual", { k: high, jf: 2 + failed }),
        loadLow,
        compare("jumpEqual", { k: low, jf: failed }),
      ];
    case "SCMP_CMP_NE":
      return [
        loadHigh,
        compare("jumpEqual", { k: high, jf: 2 }),
        loadLow,
        compare("jumpEqual", { k: low, jt: failed }),
      ];
    case "SCMP_CMP_GE":
    case "SCMP_CMP_GT":
      return [
        loadHigh,
        compare("jumpGreater", { k: high, jt: 3 }),
        compare("jumpEqual", { k: high, jf: 2 + failed }),
        loadLow,
        compare(op === "SCMP_CMP_GE" ? "jumpGreaterOrEqual" : "jumpGreater", {
          k: low,
          jf: failed,
        }),
      ];
    case "SCMP_CMP_LT":
    case "SCMP_CMP_LE":
      return [
        loadHigh,
        compare("jumpGreater", { k: high, jt: 3 + failed }),
        compare("jumpEqual", { k: high, jf: 2 }),
        loadLow,
        compare(op === "SCMP_CMP_LT" ? "jumpGreaterOrEqual" : "jumpGreater", {
          k: low,
          jt: failed,
        }),
      ];
    case "SCMP_CMP_MASKED_EQ": {
      const [highMask, lowMask] = [high, low];
      // As libseccomp has it: bits outside of the mask do not count.
      const [highValue, lowValue] = halves(valueTwo & value);
      return [
        loadHigh,
        and(highMask),
        compare("jumpEqual", { k: highValue, jf: 3 + failed }),
        loadLow,
        and(lowMask),
        compare("jumpEqual", { k: lowValue, jf: failed }),
      ];
    }
    default:
      return assertNever(op, "comparison");
  }
}

function halves(value: bigint): [high: number, low: number] {
  return [Number(value >> 32n), Number(value & LOW)];
}
