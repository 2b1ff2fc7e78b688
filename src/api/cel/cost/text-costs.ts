import {
  type CostRule,
  type CostRules,
  FORMAT_PATTERN_COST,
  fitOf,
  orStep,
  search,
  sizeOf,
  traversal,
} from "./cost-rule.ts";
import { NOTHING, ONE, plus, product, type Span, scaled, times } from "./span.ts";

const readsOnce: CostRule = ([text]) => ({ cost: traversal(sizeOf(text)) });
const readsTwice: CostRule = ([text]) => ({ cost: traversal(sizeOf(text), 2) });
const keepsLength: CostRule = ([text]) => ({ cost: traversal(sizeOf(text)), size: sizeOf(text) });
const readsArgument: CostRule = ([, part]) => ({ cost: traversal(sizeOf(part)) });

const finds: CostRule = ([text, pattern]) => ({
  cost: search(sizeOf(text), sizeOf(pattern)),
  size: { min: 0, max: sizeOf(text).max },
});

const replaces: CostRule = ([text, old, fresh]) => {
  const { min, max } = sizeOf(text);
  const least = { old: sizeOf(old).max, fresh: sizeOf(fresh).min };
  const most = { old: sizeOf(old).min, fresh: sizeOf(fresh).max };
  return {
    cost: traversal({ min, max }, 2),
    size: {
      min: replaced(min, { ...least, isSame: least.old <= least.fresh }),
      max: replaced(max, { ...most, isSame: most.fresh <= most.old }),
    },
  };
};

interface Replacement {
  readonly old: number;
  readonly fresh: number;
  /** The text is as long as it was where nothing is replaced. */
  readonly isSame: boolean;
}

/** How long a text is once as much of it as can be was replaced. */
function replaced(length: number, { old, fresh, isSame }: Replacement): number {
  // What is put in for nothing stands around every character.
  if (old === 0) return product(length + 1, fresh) + length;
  return isSame ? length : product(Math.ceil(length / old), fresh);
}

const splits: CostRule = ([text, , limit]) => {
  const given = limit?.int;
  const most = given !== undefined && given < 0 ? Number.POSITIVE_INFINITY : given;
  const size = sizeOf(text);
  return { cost: traversal(size, 2), size: { min: 0, max: most ?? size.max } };
};

const joins: CostRule = ([list, separator]) => {
  const count = sizeOf(list);
  const elements = list?.elementSize();
  const texts = elements === undefined ? NOTHING : times(count, elements);
  const gaps = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) };
  const size = separator ? plus(texts, times(separator.size, gaps)) : texts;
  return { cost: traversal(size), size };
};

/** An address has 4 or 16 bytes. */
const ADDRESS: Span = { min: 4, max: 16 };
const COMPARED_ADDRESSES = traversal(plus(ADDRESS, ADDRESS));
const COMPARED_NETWORKS = plus(COMPARED_ADDRESSES, traversal(ADDRESS), ONE);

/** What is given as a text is read first. */
const holds =
  (cost: Span): CostRule =>
  ([, other]) => ({
    cost: fitOf(other, "string") === "never" ? cost : plus(cost, traversal(sizeOf(other))),
  });

const decodes: CostRule = ([bytes]) => {
  const { min, max } = sizeOf(bytes);
  return { cost: traversal({ min, max }), size: { min: Math.floor(min / 4), max } };
};

const encodes: CostRule = ([text]) => {
  const { min, max } = sizeOf(text);
  return { cost: traversal({ min, max }), size: { min, max: max * 4 } };
};

const quotes: CostRule = ([text]) => {
  const { min, max } = sizeOf(text);
  return { cost: traversal({ min, max }), size: { min: min + 2, max: max * 2 + 2 } };
};

/** Of what reads texts. */
export const TEXT_COSTS: CostRules = {
  ".lowerAscii": keepsLength,
  ".upperAscii": keepsLength,
  ".substring": keepsLength,
  ".trim": keepsLength,
  ".replace": replaces,
  ".split": splits,
  ".join": joins,
  ".find": finds,
  ".findAll": finds,
  ".format": readsOnce,
  ".startsWith": readsArgument,
  ".endsWith": readsArgument,
  ".contains": ([text, part]) => ({
    cost: times(traversal(sizeOf(text)), traversal(sizeOf(part))),
  }),
  ".matches": ([text, pattern]) => ({ cost: search(sizeOf(text), sizeOf(pattern)) }),
  ".validate": ([, text]) => ({ cost: scaled(traversal(sizeOf(text)), FORMAT_PATTERN_COST) }),
  strings_quote: quotes,
  string: orStep(decodes, ([value]) => fitOf(value, "bytes")),
  bytes: orStep(encodes, ([value]) => fitOf(value, "string")),
  url: keepsLength,
  cidr: readsOnce,
  isCIDR: readsOnce,
  ip: readsOnce,
  isIP: readsOnce,
  ip_isCanonical: readsTwice,
  ".containsIP": holds(COMPARED_ADDRESSES),
  ".containsCIDR": holds(COMPARED_NETWORKS),
  quantity: readsOnce,
  isQuantity: readsOnce,
  semver: readsOnce,
  isSemver: readsOnce,
};
