import { jsonText } from "#lib/json-text.ts";
import type { JsonObject } from "../codec/json-value.ts";
import { fromMaps, isMap, type JsonMap, toMaps } from "./json-map.ts";
import { unprocessablePatch } from "./patch-errors.ts";

/** What `copy` operations may add in all: a few of them could double the object each time. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

type Container = JsonMap | unknown[];

/** A place in a document: a member or an element that may or may not be there. */
interface Place {
  readonly container: Container;
  readonly key: string;
}

/** A `test` did not hold: the cause of the refusal. */
export class FailedTest extends Error {
  override readonly name = "FailedTest";
}

const misfit = (why: string) => unprocessablePatch(new Error(why));

const unescaped = (token: string): string =>
  token.replaceAll(/~[01]/g, (escaped) => (escaped === "~1" ? "/" : "~"));

/** Where an element stands; negative numbers count from the end, of `length` places. */
function indexOf(key: string, length: number): number {
  const index = /^[+-]?\d+$/.test(key) ? Number(key) : Number.NaN;
  const at = index < 0 ? index + length : index;
  if (at >= 0 && at < length) return at;
  throw misfit(`${key} is no index of a list of ${length}`);
}

/** What stands at a place; nothing and null are the same for a member. */
function read({ container, key }: Place): unknown {
  if (isMap(container)) return container.get(key) ?? null;
  return container[indexOf(key, container.length)];
}

function add({ container, key }: Place, value: unknown): void {
  if (isMap(container)) container.set(key, value);
  else if (key === "-") container.push(value);
  else container.splice(indexOf(key, container.length + 1), 0, value);
}

function remove({ container, key }: Place): void {
  if (!isMap(container)) container.splice(indexOf(key, container.length), 1);
  else if (!container.delete(key)) throw misfit(`There is no ${key} to remove`);
}

function replace(place: Place, value: unknown): void {
  const { container, key } = place;
  if (isMap(container)) container.set(key, value);
  else container[indexOf(key, container.length)] = value;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (isMap(a))
    return (
      isMap(b) &&
      a.size === b.size &&
      [...a].every(([key, value]) => b.has(key) && isEqual(value, b.get(key)))
    );
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((each, at) => isEqual(each, b[at]));
  return a === b;
}

function text(operation: JsonObject, name: string): string {
  const value = operation[name];
  if (typeof value === "string") return value;
  throw misfit(`The operation has no ${name}`);
}

/** A document that the operations of a patch change, one after the other. */
class PatchedDocument {
  #root: unknown;
  #copiedBytes = 0;

  constructor(value: unknown) {
    this.#root = toMaps(value);
  }

  get value(): unknown {
    return fromMaps(this.#root);
  }

  apply(operation: JsonObject): void {
    switch (operation["op"]) {
      case "add":
        return add(this.#place(operation, "path"), givenValue(operation));
      case "remove":
        return remove(this.#place(operation, "path"));
      case "replace":
        return this.#replace(operation);
      case "move":
        return this.#move(operation);
      case "copy":
        return this.#copy(operation);
      case "test":
        return this.#test(operation);
      default:
        throw misfit(`There is no operation ${jsonText(operation["op"])}`);
    }
  }

  #place(operation: JsonObject, name: "path" | "from"): Place {
    const pointer = text(operation, name);
    const [, ...tokens] = pointer.split("/").map(unescaped);
    const key = tokens.pop();
    if (key === undefined) throw misfit(`${name} "${pointer}" is no JSON pointer`);
    let container = this.#root;
    for (const token of tokens)
      container = isContainer(container) ? read({ container, key: token }) : undefined;
    if (isContainer(container)) return { container, key };
    throw misfit(`${name} "${pointer}" leads nowhere`);
  }

  #replace(operation: JsonObject): void {
    const value = givenValue(operation);
    if (text(operation, "path") !== "") return replace(this.#place(operation, "path"), value);
    if (!isContainer(value)) throw misfit("A document is replaced by an object or a list");
    this.#root = value;
  }

  #move(operation: JsonObject): void {
    const from = this.#place(operation, "from");
    const value = read(from);
    remove(from);
    add(this.#place(operation, "path"), value);
  }

  #copy(operation: JsonObject): void {
    const value = fromMaps(read(this.#place(operation, "from")));
    const to = this.#place(operation, "path");
    if (value !== null) this.#copiedBytes += Buffer.byteLength(jsonText(value));
    if (this.#copiedBytes > MAX_COPIED_BYTES)
      throw misfit("The copies of the patch grow too large");
    add(to, toMaps(value));
  }

  #test(operation: JsonObject): void {
    const path = text(operation, "path");
    const found = path === "" ? this.#root : read(this.#place(operation, "path"));
    if (!isEqual(found, givenValue(operation)))
      throw unprocessablePatch(new FailedTest(`The value at "${path}" is another`));
  }
}

const isContainer = (value: unknown): value is Container => isMap(value) || Array.isArray(value);

const givenValue = (operation: JsonObject): unknown => toMaps(operation["value"] ?? null);

/**
 * RFC 6902 as Kubernetes reads it: indexes may count from the end, what is not there may be
 * replaced and copied, and is null. Neither value is changed.
 *
 * @throws StatusError 422 when an operation is none, or does not fit the object.
 */
export function applyJsonPatch(target: unknown, operations: readonly JsonObject[]): unknown {
  const document = new PatchedDocument(target);
  for (const operation of operations) document.apply(operation);
  return document.value;
}
