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
 * A whole number; `undefined` when it is absent or empty.
 * @throws StatusError 400.
 */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name) ?? "";
  if (value === "") return undefined;
  if (!/^[+-]?\d+$/.test(value) || !Number.isSafeInteger(Number(value))) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return Number(value);
}

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
  const limit = integer(query, "limit");
  return {
    ...texts(query, SELECTION),
    ...(limit !== undefined && { limit }),
    ...(query.has("sendInitialEvents") && { sendInitialEvents: flag(query, "sendInitialEvents") }),
  };
}

export function watchOptions(query: URLSearchParams): WatchOptions {
  const timeoutSeconds = integer(query, "timeoutSeconds");
  return {
    ...listOptions(query),
    allowWatchBookmarks: flag(query, "allowWatchBookmarks"),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
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
  if (!isFieldValidation(fieldValidation)) {
    const supported = ["", "Ignore", "Strict", "Warn"];
    errors.push(notSupported("fieldValidation", { value: fieldValidation, supported }));
    refuse(kind, errors);
    throw badRequest("fieldValidation");
  }
  const dryRun = isDryRun(query.getAll("dryRun"), errors);
  refuse(kind, errors);
  return { dryRun, fieldManager, fieldValidation, warn };
}

/** `dryRun` knows one value. */
export function isDryRun(values: readonly string[], errors: FieldError[]): boolean {
  for (const value of values) {
    if (value !== "All") errors.push(notSupported("dryRun", { value, supported: ["All"] }));
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
      throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
  }
}

function isFieldValidation(value: string): value is "Ignore" | "Warn" | "Strict" {
  return value === "Ignore" || value === "Warn" || value === "Strict";
}
