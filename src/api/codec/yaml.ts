import { type Document, parseAllDocuments, type Tags } from "yaml";
import { DecodeError } from "./decode-error.ts";
import { checkYaml } from "./go-yaml/check-yaml.ts";
import { settleKeys } from "./go-yaml/settle-keys.ts";
import { checkUtf8 } from "./go-yaml/utf8.ts";
import { decodeText, readJson } from "./json.ts";
import { wholeNumber } from "./whole-number.ts";

export interface ReadYaml {
  readonly value: unknown;
  /** Keys that stand twice in their map, worded as Kubernetes' YAML reader does. */
  readonly duplicates: readonly string[];
}

/** An anchor that is used more often than this is taken for an attack. */
const MAX_ALIASES = 100;

/** YAML 1.1 types that Kubernetes reads as plain text. */
const TEXT_TAGS: readonly string[] = [
  "tag:yaml.org,2002:binary",
  "tag:yaml.org,2002:omap",
  "tag:yaml.org,2002:pairs",
  "tag:yaml.org,2002:set",
  "tag:yaml.org,2002:timestamp",
];

function kubernetesTags(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === "string") return true;
    const isSexagesimal = "format" in tag && tag.format === "TIME";
    return !isSexagesimal && !TEXT_TAGS.includes(tag.tag);
  });
}

/** Whole numbers come out of the parser as bigint, so that none is rounded unseen. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return wholeNumber(value);
  if (typeof value === "number" && !Number.isFinite(value)) {
    const name = Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    throw new DecodeError(`json: unsupported value: ${name}`);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plain(child)]));
}

function duplicateKeys(document: Document, text: string): string[] {
  const errors = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
  if (errors.length === 0) return [];
  const lines = errors.map(({ linePos, pos }) => {
    const key = /^[^:\n]*/.exec(text.slice(pos[0]))?.[0].trim() ?? "";
    return `\n  line ${linePos?.[0].line ?? 0}: key ${JSON.stringify(key)} already set in map`;
  });
  return [`yaml: unmarshal errors:${lines.join("")}`];
}

/** JSON is YAML, and many clients send it as such: it is read as what it is, unless it has its flaws. */
function asJson(body: Uint8Array): ReadYaml | undefined {
  if (body[0] !== 0x7b) return undefined;
  try {
    const json = readJson(body);
    return json.duplicates.length === 0 ? json : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * Reads the first document of a YAML text as sigs.k8s.io/yaml does: YAML 1.1 booleans and octals,
 * string keys, merge keys; timestamps and sexagesimals stay text. What go-yaml refuses is refused
 * in its words.
 *
 * @throws DecodeError
 */
export function readYaml(body: Uint8Array): ReadYaml {
  const json = asJson(body);
  if (json) return json;
  checkUtf8(body);
  const text = decodeText(body);
  checkYaml(text);
  const documents = parseAllDocuments(text, {
    version: "1.1",
    merge: true,
    intAsBigInt: true,
    customTags: kubernetesTags,
    logLevel: "silent",
  });
  const document = "empty" in documents ? undefined : documents[0];
  if (document === undefined) return { value: null, duplicates: [] };
  const fatal = document.errors.find(({ code }) => code !== "DUPLICATE_KEY");
  if (fatal) throw new DecodeError(`yaml: ${fatal.message.split(/ at line \d|\n/)[0] ?? ""}`);
  settleKeys(document);
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value: plain(value), duplicates: duplicateKeys(document, text) };
  } catch (error) {
    if (error instanceof ReferenceError)
      throw new DecodeError("yaml: document contains excessive aliasing");
    // Nesting beyond the stack.
    if (error instanceof RangeError) throw new DecodeError(`yaml: ${error.message}`);
    throw error;
  }
}
