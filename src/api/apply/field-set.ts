/**
 * A set of fields in the form of `FieldsV1`: every key is a path element (`f:spec`,
 * `k:{"name":"web"}`, `v:"a"`). A node without keys, and one with the key `.`, is in the set itself;
 * the others only lead to what is. A root without keys is the empty set. Sets are never changed:
 * operations share what they can.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

type Node = FieldSet | undefined;

/** Itself in the set, and nothing below it. */
export const MEMBER: FieldSet = Object.freeze({});
/** No field at all. */
export const NO_FIELDS: FieldSet = Object.freeze({});
const SELF = ".";

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

const isMember = (node: FieldSet): boolean => SELF in node || isEmpty(node);

/** The node together with itself as a member. */
export function withSelf(node: Node): FieldSet {
  if (node === undefined || isEmpty(node)) return MEMBER;
  return SELF in node ? node : { [SELF]: MEMBER, ...node };
}

/** True where the set has the field that the elements lead to. */
export function hasField(set: FieldSet, path: readonly string[]): boolean {
  let node: Node = set;
  for (const element of path) {
    node = node[element];
    if (node === undefined) return false;
  }
  return path.length > 0 && isMember(node);
}

/** What the set has below one element; the element itself is not part of it. */
export function below(set: FieldSet, element: string): FieldSet {
  const node = set[element];
  if (node === undefined || !(SELF in node)) return node ?? NO_FIELDS;
  const { [SELF]: _, ...rest } = node;
  return rest;
}

/** All fields of either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  return isEmpty(a) ? b : uniteNodes(a, b);
}

function uniteNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmpty(a)) return withSelf(b);
  if (isEmpty(b)) return withSelf(a);
  const united: Record<string, FieldSet> = SELF in b ? { [SELF]: MEMBER, ...a } : { ...a };
  for (const element in b) {
    const [mine, theirs] = [united[element], b[element] ?? MEMBER];
    united[element] = mine === undefined ? theirs : uniteNodes(mine, theirs);
  }
  return united;
}

/** The fields of `a` that are not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  return subtract(a, b, false) ?? NO_FIELDS;
}

/** The fields of `a` that are neither in `b` nor below a field of `b`. */
export function differenceWithChildren(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  return subtract(a, b, true) ?? NO_FIELDS;
}

function subtract(a: FieldSet, b: FieldSet, withChildren: boolean): Node {
  if (isEmpty(a)) return isMember(b) ? undefined : a;
  const self = SELF in a && !isMember(b);
  const left: Record<string, FieldSet> = {};
  let changed = SELF in a !== self;
  for (const element in a) {
    const mine = a[element];
    if (element === SELF || mine === undefined) continue;
    const kept = subtractBelow(mine, b[element], withChildren);
    changed ||= kept !== mine;
    if (kept !== undefined) left[element] = kept;
  }
  if (!changed) return a;
  if (isEmpty(left)) return self ? MEMBER : undefined;
  return self ? withSelf(left) : left;
}

function subtractBelow(mine: FieldSet, theirs: Node, withChildren: boolean): Node {
  if (theirs === undefined) return mine;
  return withChildren && isMember(theirs) ? undefined : subtract(mine, theirs, withChildren);
}

/** The fields of both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return NO_FIELDS;
  return intersect(a, b) ?? NO_FIELDS;
}

function intersect(a: FieldSet, b: FieldSet): Node {
  if (a === b) return a;
  const common: Record<string, FieldSet> = {};
  let isCommon = false;
  for (const element in a) {
    const [mine, theirs] = [a[element], b[element]];
    if (element === SELF || mine === undefined || theirs === undefined) continue;
    const both = intersect(mine, theirs);
    if (both === undefined) continue;
    common[element] = both;
    isCommon = true;
  }
  const self = isMember(a) && isMember(b);
  if (!isCommon) return self ? MEMBER : undefined;
  return self ? withSelf(common) : common;
}

/** The paths of all fields of the set, parents before their children. */
export function* fieldsIn(set: FieldSet): Generator<readonly string[]> {
  for (const [element, node] of Object.entries(set))
    if (element !== SELF && isMember(node)) yield [element];
  for (const [element, node] of Object.entries(set))
    if (element !== SELF) for (const path of fieldsIn(node)) yield [element, ...path];
}
