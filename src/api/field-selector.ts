import { type KubeObject, nameOf, namespaceOf } from "./object.ts";
import type { Resource } from "./resource.ts";
import { badRequest } from "./status.ts";

interface Term {
  readonly field: string;
  readonly value: string;
  readonly equal: boolean;
}

/** Which objects of a kind are meant, by the fields that the kind lets itself be selected with. */
export interface FieldMatcher<T extends KubeObject = KubeObject> {
  /** True where every object matches. */
  readonly isEmpty: boolean;
  matches(object: T): boolean;
  /** The value that `field` must have, where the selector demands one. */
  required(field: string): string | undefined;
  toString(): string;
}

const SPECIAL = /[\\,=]/g;

/** Splits at commas that no backslash precedes. */
function splitTerms(selector: string): string[] {
  const terms = selector.match(/(?:\\.|[^\\,]|\\$)+/gs) ?? [];
  return [...terms];
}

function unescaped(value: string): string {
  return value.replace(/\\(.|$)|[,=]/gs, (sequence, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw badRequest(
        `invalid field selector: unescaped character in value: ${sequence.codePointAt(0)}`,
      );
    }
    if (!/^[\\,=]$/.test(escaped)) {
      throw badRequest(`invalid field selector: invalid escape sequence: ${sequence}`);
    }
    return escaped;
  });
}

function parseTerm({ term, selector }: { term: string; selector: string }): Term {
  const match = /^((?:\\.|[^\\=!]|!(?!=))*)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) {
    throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  }
  const [, field = "", operator, value = ""] = match;
  return { field, value: unescaped(value), equal: operator !== "!=" };
}

/** The value that a selector demands of a field, whatever its kind is. Throws 400 for bad syntax. */
export function requiredBy(selector: string): (field: string) => string | undefined {
  return requiredOf(splitTerms(selector).map((term) => parseTerm({ term, selector })));
}

const requiredOf =
  (terms: readonly Term[]) =>
  (field: string): string | undefined =>
    terms.find((term) => term.equal && term.field === field)?.value;

type Selectable<T extends KubeObject> = Pick<Resource<T>, "fields" | "namespaced" | "custom">;
type Reader<T> = (object: T) => string;

function readerOf<T extends KubeObject>(resource: Selectable<T>, field: string): Reader<T> {
  if (field === "metadata.name") return nameOf;
  // Built-in kinds of the cluster have the label all the same: it is empty.
  const hasNamespace = resource.namespaced || resource.custom === undefined;
  if (field === "metadata.namespace" && hasNamespace) return namespaceOf;
  const reader = Object.hasOwn(resource.fields, field) ? resource.fields[field] : undefined;
  if (reader === undefined) throw badRequest(`field label not supported: ${field}`);
  return reader;
}

/**
 * The matcher of a `fieldSelector` parameter (`a=b,c!=d`) for one kind. Throws 400 BadRequest for
 * bad syntax and for a field that the kind does not support.
 */
export function parseFieldSelector<T extends KubeObject>(
  resource: Selectable<T>,
  selector: string,
): FieldMatcher<T> {
  const terms = splitTerms(selector).map((term) => {
    const parsed = parseTerm({ term, selector });
    return { ...parsed, read: readerOf(resource, parsed.field) };
  });
  return {
    isEmpty: terms.length === 0,
    matches: (object) =>
      terms.every(({ read, value, equal }) => (read(object) === value) === equal),
    required: requiredOf(terms),
    toString: () =>
      terms
        .map(({ field, value, equal }) => {
          const escaped = value.replace(SPECIAL, (char) => `\\${char}`);
          return `${field}${equal ? "=" : "!="}${escaped}`;
        })
        .join(","),
  };
}
