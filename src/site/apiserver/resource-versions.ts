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

/** The resourceVersion as a number: 0 for absent. */
export function parseResourceVersion(text = ""): number {
  if (text === "") return 0;
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw badRequest(
      `Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  }
  return Number(text);
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
  if (match !== "" && (options.continue ?? "") !== "") {
    errors.push(
      forbidden(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden when continue is provided",
      ),
    );
  }
  refuse(errors);
}

/** The asked-for version does not exist yet: the client should try again. */
export function checkNotInFuture(asked: number, current: number): void {
  if (asked <= current) return;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  throw new StatusError(`Timeout: Too large resource version: ${asked}, current: ${current}`, {
    code: 504,
    reason: "Timeout",
    details: { causes, retryAfterSeconds: 1 },
  });
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const resource = { group: "meta.k8s.io", plural: "", kind: "ListOptions" };
  throw invalidObject({ resource, name: "" }, errors);
}
