import { type FieldError, forbidden, notSupported } from "#api/field-error.ts";
import { badRequest, invalidObject, StatusError } from "#api/status.ts";
import type { ListOptions, WatchOptions } from "#api/verbs.ts";

/** What list and watch are told about versions; `ListOptions` validation of apiserver. */
type VersionOptions = Pick<
  ListOptions & WatchOptions,
  | "resourceVersion"
  | "resourceVersionMatch"
  | "sendInitialEvents"
  | "continue"
  | "allowWatchBookmarks"
>;

const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * The resourceVersion as a number: 0 for absent.
 * @throws StatusError 400 for what is no uint64.
 */
export function parseResourceVersion(text = ""): number {
  const problem = problemOf(text);
  if (problem !== undefined) throw badRequest(`invalid resource version: ${problem}`);
  return Number(text);
}

/**
 * The same where one object is read or a watch begins.
 * @throws StatusError 500 for what is no uint64: upstream does not foresee it there.
 */
export function readVersion(text = ""): number {
  const problem = problemOf(text);
  if (problem !== undefined) throw new StatusError(problem, { code: 500 });
  return Number(text);
}

function problemOf(text: string): string | undefined {
  if (text === "") return undefined;
  const isWhole = /^\d+$/.test(text);
  if (isWhole && BigInt(text) <= MAX_UINT64) return undefined;
  const why = isWhole ? "value out of range" : "invalid syntax";
  return `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": ${why}`;
}

/** True for a list that goes on where another ended. */
export function isContinued(options: ListOptions): boolean {
  return (options.continue ?? "") !== "";
}

/** True where exactly that version is asked for: said so, or a page of it, as it always was. */
export function isExact(options: ListOptions): boolean {
  const { resourceVersion = "", resourceVersionMatch: match = "", limit = 0 } = options;
  const isPage = match === "" && limit > 0 && !isContinued(options);
  return match === "Exact" || (isPage && resourceVersion !== "" && resourceVersion !== "0");
}

/** @throws StatusError 422 for combinations that a list does not allow. */
export function checkListOptions(options: VersionOptions): void {
  const { resourceVersion = "", resourceVersionMatch: match = "" } = options;
  const errors: FieldError[] = [];
  if (match !== "") {
    if (resourceVersion === "") {
      errors.push(
        forbidden(
          "resourceVersionMatch",
          "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
      );
    }
    if ((options.continue ?? "") !== "") {
      errors.push(
        forbidden(
          "resourceVersionMatch",
          "resourceVersionMatch is forbidden when continue is provided",
        ),
      );
    }
    if (match !== "Exact" && match !== "NotOlderThan") {
      const supported = ["Exact", "NotOlderThan", ""];
      errors.push(notSupported("resourceVersionMatch", { value: match, supported }));
    }
    if (match === "Exact" && resourceVersion === "0") {
      errors.push(
        forbidden(
          "resourceVersionMatch",
          'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
        ),
      );
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  refuse(errors);
}

/** @throws StatusError 422 for combinations that a watch does not allow. */
export function checkWatchOptions(options: VersionOptions): void {
  const { sendInitialEvents, resourceVersionMatch: match = "" } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    errors.push(
      forbidden(
        "resourceVersionMatch",
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
      ),
    );
  }
  if (match !== "" && sendInitialEvents === undefined) {
    errors.push(
      forbidden(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
      ),
    );
  }
  if (match !== "" && match !== "NotOlderThan") {
    errors.push(
      notSupported("resourceVersionMatch", { value: match, supported: ["NotOlderThan"] }),
    );
  }
  if (isContinued(options)) {
    errors.push(
      forbidden(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden when continue is provided",
      ),
    );
  }
  refuse(errors);
}

/**
 * The asked-for version does not exist yet.
 * @throws StatusError 504, which says when to try again where `retry`.
 */
export function checkNotInFuture({ asked, current, retry }: Versions): void {
  if (asked <= current) return;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  throw new StatusError(`Timeout: Too large resource version: ${asked}, current: ${current}`, {
    code: 504,
    reason: "Timeout",
    details: { causes, ...(retry && { retryAfterSeconds: 1 }) },
  });
}

interface Versions {
  readonly asked: number;
  readonly current: number;
  readonly retry: boolean;
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const resource = { group: "meta.k8s.io", plural: "", kind: "ListOptions" };
  throw invalidObject({ resource, name: "" }, errors);
}
