import { networkBytes } from "../library/network.ts";
import { type CelValue, isList, isMap, Opaque, Optional } from "../values.ts";
import { LIST_COST, PER_CHARACTER, PER_PATTERN_CHARACTER } from "./cost-rule.ts";

type Values = readonly CelValue[];

/** What a call costs with the values that it was given. */
type RunTimeCost = (values: Values) => number;

/** How long Kubernetes takes the patterns of its named formats to be (pkg/cel/library/format.go). */
const PATTERN_LENGTHS: Readonly<Record<string, number>> = {
  dns1123Label: 30,
  dns1123Subdomain: 60,
  dns1035Label: 30,
  qualifiedName: 60,
  dns1123LabelPrefix: 30,
  dns1123SubdomainPrefix: 60,
  dns1035LabelPrefix: 30,
  labelValue: 40,
  uri: 1103,
  uuid: 70,
  byte: 84,
  date: 71,
  datetime: 71,
};

const reading = (size: number): number => Math.ceil(size * PER_CHARACTER);

/** How large a value is: characters, bytes, elements, keys; 1 where it has no size. */
export function sizeOfValue(value: CelValue | undefined): number {
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOfValue(value.value);
  if (typeof value === "string") return characters(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Opaque) return networkBytes(value) ?? 1;
  if (value === null || typeof value !== "object") return 1;
  if (isList(value)) return value.length;
  return isMap(value) ? value.size : 1;
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Going through all that a value holds. */
function goingThrough(value: CelValue | undefined): number {
  if (typeof value === "string") return Math.floor(Buffer.byteLength(value) * PER_CHARACTER);
  if (value instanceof Uint8Array) return Math.floor(value.length * PER_CHARACTER);
  if (value === null || typeof value !== "object") return 1;
  if (isList(value)) return value.reduce<number>((sum, one) => sum + goingThrough(one), 0);
  if (!isMap(value)) return 1;
  return value
    .keys()
    .reduce<number>((sum, key) => sum + goingThrough(key) + goingThrough(value.get(key)), 0);
}

const goesThroughFirst: RunTimeCost = ([first]) => goingThrough(first);
const readsFirst: RunTimeCost = ([first]) => reading(sizeOfValue(first));

const joins: RunTimeCost = ([list, separator]) => {
  if (list === null || typeof list !== "object" || !isList(list)) return 0;
  const texts = list.reduce<number>((sum, one) => sum + sizeOfValue(one), 0);
  const gaps = separator === undefined ? 0 : sizeOfValue(separator) * Math.max(0, list.length - 1);
  return reading((texts + gaps) * 2);
};

const validates: RunTimeCost = ([format, text]) => {
  const name = format instanceof Opaque ? String(format.value) : "";
  const pattern = Math.ceil((PATTERN_LENGTHS[name] ?? 0) * PER_PATTERN_CHARACTER);
  return reading(1 + sizeOfValue(text)) * pattern;
};

const ifText = (other: CelValue | undefined): number =>
  typeof other === "string" ? reading(sizeOfValue(other)) : 0;

const holdsAddress: RunTimeCost = ([network, other]) =>
  reading(sizeOfValue(network) * 2) + ifText(other);

const holdsNetwork: RunTimeCost = ([network, other]) =>
  holdsAddress([network ?? null, other ?? null]) + readsFirst([network ?? null]) + 1;

/** Every element is compared with every other, and texts are read for it. */
const comparesAll: RunTimeCost = ([list]) => {
  if (list === null || typeof list !== "object" || !isList(list)) return 1;
  const [first] = list;
  const isText = typeof first === "string" || first instanceof Uint8Array;
  const pairs = list.length * list.length;
  return 1 + LIST_COST + Math.floor(pairs * (isText ? 2 + PER_CHARACTER : 2));
};

/** Kubernetes' own values are equal or not at a glance. */
const equates: RunTimeCost = ([a, b]) =>
  a instanceof Opaque ? 1 : reading(Math.min(sizeOfValue(a), sizeOfValue(b)));

/**
 * What costs another amount with values than it is estimated to: what Kubernetes'
 * pkg/cel/library/cost.go (CallCost) and cel-go's interpreter/runtimecost.go count.
 */
export const RUN_TIME_COSTS: Readonly<Record<string, RunTimeCost>> = {
  ".isSorted": goesThroughFirst,
  ".sum": goesThroughFirst,
  ".max": goesThroughFirst,
  ".min": goesThroughFirst,
  ".indexOf": goesThroughFirst,
  ".lastIndexOf": goesThroughFirst,
  ".distinct": comparesAll,
  ".sort": comparesAll,
  "@sortByAssociatedKeys": ([, keys]) => comparesAll([keys ?? null]),
  ".join": joins,
  ".startsWith": readsFirst,
  ".endsWith": readsFirst,
  ".validate": validates,
  ".containsIP": holdsAddress,
  ".containsCIDR": holdsNetwork,
  "_==_": equates,
};
