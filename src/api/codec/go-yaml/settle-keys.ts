import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Pair, visit } from "yaml";
import { DecodeError } from "../decode-error.ts";

const MERGE = "yaml: map merge requires map or sequence of maps as the value";

/** A value as Go writes it in its own syntax (`%#v`). */
function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (typeof value !== "object")
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  const entries = Object.entries(value).map(
    ([key, child]) => `${goSyntax(key)}:${goSyntax(child)}`,
  );
  return `map[interface {}]interface {}{${entries.join(", ")}}`;
}

function shown(node: unknown, document: Document): string {
  const isNode = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
  const value: unknown = isNode ? node.toJS(document) : node;
  return value === null || value === undefined ? "<nil>" : goSyntax(value);
}

function target(node: unknown, document: Document): unknown {
  return isAlias(node) ? resolved(node, document) : node;
}

const resolved = (alias: Alias, document: Document): unknown => alias.resolve(document);

function checkMerge(value: unknown, document: Document): void {
  const source = target(value, document);
  const isSource = isSeq(source)
    ? source.items.every((item) => isMap(target(item, document)))
    : isMap(source);
  if (!isSource) throw new DecodeError(MERGE);
}

const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && key.source === "<<" && key.type === "PLAIN";

/** What go-yaml itself refuses. */
function checkPair({ key, value }: Pair, document: Document): void {
  const name = target(key, document);
  if (isMergeKey(name)) checkMerge(value, document);
  if (isMap(name) || isSeq(name))
    throw new DecodeError(`yaml: invalid map key: ${shown(name, document)}`);
}

/** What cannot become JSON; a number without end is called as YAML has it. */
function settleKey({ key, value }: Pair, document: Document): void {
  const name = target(key, document);
  if (name === null || (isScalar(name) && name.value === null))
    throw new DecodeError(
      `unsupported map key of type: %!s(<nil>), key: <nil>, value: ${shown(value, document)}`,
    );
  if (!isScalar(name) || typeof name.value !== "number" || Number.isFinite(name.value)) return;
  name.value = Number.isNaN(name.value) ? ".nan" : name.value > 0 ? ".inf" : "-.inf";
}

/**
 * Makes sure that all keys of a YAML document can be keys of JSON: go-yaml makes them of plain
 * values alone.
 *
 * @throws DecodeError in the words of go-yaml and sigs.k8s.io/yaml.
 */
export function settleKeys(document: Document): void {
  for (const step of [checkPair, settleKey])
    visit(document, {
      Map(_, { items }) {
        for (const pair of items) step(pair, document);
      },
    });
}
