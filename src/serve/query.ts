import { managerOfUserAgent, validateFieldManager } from "#api/apply/manager-name.ts";
import { type FieldError, forbidden, notSupported, required } from "#api/field-error.ts";
import { badRequest, invalidObject } from "#api/status.ts";
import type { IncludeObject } from "#api/table.ts";
import type { ListOptions, Patch, WatchOptions, WriteOptions } from "#api/verbs.ts";

/** True as Go's conversion of query parameters has it: there, and neither `false` nor `0`. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

/**
 * A whole number; `undefined` when it is absent.
 * @throws StatusError 400 for what is no int64.
 */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const isWhole = /^[+-]?\d+$/.test(value);
  if (isWhole && isInt64(BigInt(value.replace("+", "")))) return Number(value);
  const why = isWhole ? "value out of range" : "invalid syntax";
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${why}`);
}

const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

/** The texts of the named parameters that were given. */
function texts<Name extends string>(
  query: URLSearchParams,
  names: readonly Name[],
): { [K in Name]?: string } {
  const found: { [K in Name]?: string } = {};
  for (const name of names) {
    const value = query.get(name);
    if (value !== null) found[name] = value;
  }
  return found;
}

const SELECTION = [
  "labelSelector",
  "fieldSelector",
  "resourceVersion",
  "resourceVersionMatch",
  "continue",
] as const;

export function listOptions(query: URLSearchParams): ListOptions & WatchOptions {
  const timeoutSeconds = integer(query, "timeoutSeconds");
  const limit = integer(query, "limit");
  return {
    ...texts(query, SELECTION),
    ...(limit !== undefined && { limit }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(query.has("sendInitialEvents") && { sendInitialEvents: flag(query, "sendInitialEvents") }),
  };
}

export function watchOptions(query: URLSearchParams): WatchOptions {
  return { ...listOptions(query), allowWatchBookmarks: flag(query, "allowWatchBookmarks") };
}

interface WriteQuery {
  readonly query: URLSearchParams;
  readonly userAgent: string;
  /** The options' kind in error messages. */
  readonly kind: string;
  /** What kind of patch it is, where it is one. */
  readonly patch?: Patch["type"];
}

/**
 * `dryRun`, `fieldManager` and `fieldValidation` of a write. The field manager is the client's
 * name when it does not say.
 * @throws StatusError 422.
 */
export function writeOptions(
  { query, userAgent, kind, patch }: WriteQuery,
  warn: (text: string) => void,
): WriteOptions & { readonly fieldValidation: "Ignore" | "Warn" | "Strict" } {
  const given = query.get("fieldManager") ?? "";
  const fieldManager = given || managerOfUserAgent(userAgent);
  const errors: FieldError[] = [];
  const fieldValidation = query.get("fieldValidation") || "Warn";
  if (patch === "apply" && given === "") {
    errors.push(required("fieldManager", "is required for apply patch"));
  }
  if (patch !== undefined && patch !== "apply" && query.has("force")) {
    errors.push(forbidden("force", "may not be specified for non-apply patch"));
  }
  errors.push(...validateFieldManager(given, "fieldManager"));
  const dryRun = isDryRun(query.getAll("dryRun"), errors);
  if (!isFieldValidation(fieldValidation)) {
    const supported = ["", "Ignore", "Strict", "Warn"];
    errors.push(notSupported("fieldValidation", { value: fieldValidation, supported }));
    refuse(kind, errors);
    throw badRequest("fieldValidation");
  }
  refuse(kind, errors);
  return { dryRun, fieldManager, fieldValidation, warn };
}

/** `dryRun` knows one value. */
export function isDryRun(values: readonly string[], errors: FieldError[]): boolean {
  const supported = ["All"];
  if (values.some((value) => value !== "All")) {
    errors.push(notSupported("dryRun", { value: values, supported }));
  }
  return values.includes("All");
}

/** @throws StatusError 422 when there are errors in the options of a verb. */
export function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw invalidObject({ resource: { group: "meta.k8s.io", plural: "", kind }, name: "" }, errors);
}

/** How much of each object a Table carries. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const value = query.get("includeObject") ?? "";
  switch (value) {
    case "":
    case "Metadata":
      return "Metadata";
    case "None":
    case "Object":
      return value;
    default:
      throw badRequest(
        `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
      );
  }
}

function isFieldValidation(value: string): value is "Ignore" | "Warn" | "Strict" {
  return value === "Ignore" || value === "Warn" || value === "Strict";
}
