import { htmlSafeJson, jsonText, WrittenJson } from "#lib/json-text.ts";
import { isJsonObject, type JsonObject, sorted } from "../codec/json-value.ts";
import { Quantity } from "../quantity.ts";
import { type Field, type ObjectType, SCHEMA, type Scalar, type Type } from "../schema.ts";
import { heldFields, heldValue } from "./held-fields.ts";
import { unionFields } from "./held-union.ts";

/** The definition that selectors have in common. */
export const SELECTOR = "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector";

/** How a value is written. */
interface Style {
  /** How many levels deep it is, where each member has a line of its own. */
  readonly depth?: number;
  readonly amount: (amount: Quantity) => string;
}

const CANONICAL: Style = { amount: String };

/** What is held of a value takes up to sixty times as much as its JSON in the API: the most of that. */
const MAX_LENGTH = 131_072;

/** True where it would take too much memory to write what is held of a value. */
export const isTooLarge = (value: unknown): boolean => jsonText(value).length > MAX_LENGTH;

/**
 * A value as the server of Kubernetes prints it, with all the fields that its own types have, by
 * their names in Go. It holds objects as they come from storage: what is empty there is nil. One
 * that is too large is as the API has it.
 */
export function heldJson(type: Type, value: unknown): string {
  return isTooLarge(value) ? htmlSafeJson(sorted(value)) : text(type, value, CANONICAL);
}

/**
 * The same of a value of a definition, or of a list of such values, as an error tells it.
 * @throws TypeError when there is no such definition.
 */
export function held(definition: string, value: unknown): WrittenJson {
  const of = SCHEMA.object(definition);
  if ((value ?? undefined) === undefined) return new WrittenJson("null");
  return new WrittenJson(heldJson(Array.isArray(value) ? { is: "list", of } : of, value));
}

/** The same in lines, each level one space further in. */
export function heldLines(type: Type, value: unknown): string[] {
  return text(type, value, { ...CANONICAL, depth: 0 }).split("\n");
}

/** True where Kubernetes' server holds the same in both, be amounts written as they may, unless one is too large. */
export function isHeldAlike(type: Type, a: unknown, b: unknown): boolean {
  const exact = { amount: ({ nanos }: Quantity) => String(nanos) };
  if (Bun.deepEquals(a, b)) return true;
  if (isTooLarge(a) || isTooLarge(b)) return false;
  return text(type, a, exact) === text(type, b, exact);
}

function text(type: Type, value: unknown, style: Style): string {
  switch (type.is) {
    case "object": {
      const object = heldValue(type, isJsonObject(value) ? value : {});
      return objectText(members(type, object, below(style)), style);
    }
    case "list":
      if (!Array.isArray(value) || value.length === 0) return "null";
      return enclosed(
        "[]",
        value.map((item) => text(type.of, item, below(style))),
        style,
      );
    case "map": {
      if (!isJsonObject(value)) return "null";
      const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      if (entries.length === 0) return "null";
      return objectText(
        entries.map(([key, item]) => [key, text(type.of, item, below(style))]),
        style,
      );
    }
    case "scalar":
      return type.of
        ? objectText(unionMembers(type.scalar, { of: type.of, value }, below(style)), style)
        : scalarText(type.scalar, value, style);
  }
}

type Member = readonly [key: string, text: string];

/** Metadata is embedded, and has the names of the API, as have all its types. */
function members(type: ObjectType, value: JsonObject, style: Style): Member[] {
  if (isMeta(type)) return metaMembers(type, value, style);
  return heldFields(type).flatMap((field): Member[] => {
    const child = value[field.name];
    if (field.name === "metadata" && field.type.is === "object")
      return metaMembers(field.type, isJsonObject(child) ? child : {}, style);
    return [[goName(field), fieldText(field, child, style)]];
  });
}

function unionMembers(
  scalar: Scalar,
  { of, value }: { of: ObjectType; value: unknown },
  style: Style,
): Member[] {
  return unionFields(scalar, of, value).map((one) => [
    goName(one.field),
    fieldText(one.field, one.value, style),
  ]);
}

/** What is not there is left out here. */
function metaMembers({ fields }: ObjectType, value: JsonObject, style: Style): Member[] {
  return [...fields.values()].flatMap((field): Member[] => {
    const child = value[field.name] ?? undefined;
    if (child === undefined && field.always !== true) return [];
    const written = fieldText(field, child, style);
    return written === "null" && field.always !== true ? [] : [[field.name, written]];
  });
}

const isMeta = ({ name }: ObjectType): boolean =>
  name.startsWith("io.k8s.apimachinery.pkg.apis.meta.");

const goName = ({ name, goName: own }: Field): string =>
  own ?? name.charAt(0).toUpperCase() + name.slice(1);

const fieldText = ({ type, pointer }: Field, value: unknown, style: Style): string =>
  pointer && (value ?? undefined) === undefined ? "null" : text(type, value, style);

function scalarText(scalar: Scalar, value: unknown, { depth, amount }: Style): string {
  if (scalar === "quantity") {
    const written = typeof value === "number" ? value : String(value ?? "0");
    const read = Quantity.tryParse(written);
    return htmlSafeJson(read ? amount(read) : written);
  }
  const known = sorted(value ?? ZEROS[scalar] ?? null);
  if (depth === undefined) return htmlSafeJson(known);
  return htmlSafeJson(known, 1).replaceAll("\n", `\n${" ".repeat(depth)}`);
}

/** What Go has where nobody said anything; null of all others. */
const ZEROS: Readonly<Partial<Record<Scalar, unknown>>> = {
  bool: false,
  double: 0,
  duration: "0s",
  int32: 0,
  int64: 0,
  intOrString: 0,
  string: "",
};

const below = ({ depth, ...style }: Style): Style =>
  depth === undefined ? style : { ...style, depth: depth + 1 };

function objectText(all: readonly Member[], style: Style): string {
  const space = style.depth === undefined ? "" : " ";
  const texts = all.map(([key, value]) => `${htmlSafeJson(key)}:${space}${value}`);
  return enclosed("{}", texts, style);
}

function enclosed(marks: "{}" | "[]", texts: readonly string[], { depth }: Style): string {
  const [open, close] = marks;
  if (texts.length === 0) return marks;
  if (depth === undefined) return `${open}${texts.join(",")}${close}`;
  const end = `\n${" ".repeat(depth)}`;
  return `${open}${end} ${texts.join(`,${end} `)}${end}${close}`;
}
