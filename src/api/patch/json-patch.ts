import { applyPatch, type Operation, Pointer } from "rfc6902";
import { jsonText } from "#lib/json-text.ts";
import { isJsonObject, jsonType } from "../codec/json-value.ts";
import { badRequest } from "../status.ts";
import { tooManyOperations, unprocessablePatch } from "./patch-errors.ts";

const MAX_OPERATIONS = 10_000;
/** What `copy` operations may add in all: a few of them could double the object each time. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

const OPERATIONS: readonly string[] = ["add", "copy", "move", "remove", "replace", "test"];
const RESERVED = /(?:^|\/)(?:__proto__|constructor|prototype)(?:\/|$)/;

function isOperation(value: unknown): value is Operation {
  if (!isJsonObject(value)) return false;
  const { op, path, from } = value;
  if (typeof op !== "string" || !OPERATIONS.includes(op) || typeof path !== "string") return false;
  return typeof from === "string" || (op !== "copy" && op !== "move");
}

/** An index as RFC 6901 writes it. */
const isIndex = (key: string): boolean => /^(?:0|[1-9]\d*)$/.test(key);

function child(parent: unknown, key: string): unknown {
  const isThere = Array.isArray(parent) ? isIndex(key) : isJsonObject(parent);
  if (!isThere) return undefined;
  return Object.getOwnPropertyDescriptor(parent, key)?.value;
}

/** The package takes inherited properties for members and splices beyond the end; Kubernetes refuses. */
function checkTarget(document: unknown, { op, path }: Operation): void {
  const tokens = Pointer.fromJSON(path).tokens.slice(1);
  const key = tokens.pop() ?? "";
  const parent = tokens.reduce(child, document);
  const exists = child(parent, key) !== undefined;
  if (op === "test" ? parent !== undefined : exists) return;
  const grows = op === "add" || op === "copy" || op === "move";
  const isNext = Array.isArray(parent) && (key === "-" || key === String(parent.length));
  if (!(grows && (isNext || isJsonObject(parent))))
    throw unprocessablePatch(new Error(`${op} operation does not apply: ${path} does not exist`));
}

function sizeOfSource(document: unknown, operation: Operation): number {
  if (operation.op !== "copy" && operation.op !== "move") return 0;
  const source = Pointer.fromJSON(operation.from).tokens.slice(1).reduce(child, document);
  if (source === undefined) throw unprocessablePatch(new Error(`${operation.from} does not exist`));
  return operation.op === "copy" ? jsonText(source).length : 0;
}

/**
 * RFC 6902. Neither value is changed.
 *
 * @throws StatusError 400 when the body is no patch, 413 for too many operations, 422 when one of
 * them does not fit the object.
 */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest(
      `json: cannot unmarshal ${jsonType(patch)} into Go value of type jsonpatch.Patch`,
    );
  if (patch.length > MAX_OPERATIONS) throw tooManyOperations(patch.length, MAX_OPERATIONS);
  // the package works in place and only below a root
  const document = { root: structuredClone(target) };
  let copiedBytes = 0;
  for (const operation of patch) {
    const rooted = belowRoot(operation);
    checkTarget(document, rooted);
    copiedBytes += sizeOfSource(document, rooted);
    if (copiedBytes > MAX_COPIED_BYTES)
      throw unprocessablePatch(new Error("The copies of the patch grow too large"));
    const [error] = applyPatch(document, [rooted]);
    if (error) throw unprocessablePatch(error);
  }
  return document.root;
}

function belowRoot(operation: unknown): Operation {
  if (!isOperation(operation)) throw unprocessablePatch(new Error("Not an operation"));
  const paths = "from" in operation ? [operation.path, operation.from] : [operation.path];
  const isReadable = paths.every((path) => path === "" || path.startsWith("/"));
  if (!isReadable || paths.some((path) => RESERVED.test(path)))
    throw unprocessablePatch(new Error(`Not a JSON pointer: ${paths.join(", ")}`));
  const path = `/root${operation.path}`;
  return "from" in operation
    ? { ...operation, path, from: `/root${operation.from}` }
    : { ...operation, path };
}
