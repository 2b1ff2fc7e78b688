import { explain } from "#lib/errors.ts";
import { type FieldError, fieldErrorsText } from "./field-error.ts";
import type { ListMeta } from "./object.ts";

/** Kubernetes' `metav1.StatusReason`. */
export type StatusReason =
  | "AlreadyExists"
  | "BadRequest"
  | "Conflict"
  | "Expired"
  | "Forbidden"
  | "Gone"
  | "InternalError"
  | "Invalid"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "NotFound"
  | "RequestEntityTooLarge"
  | "ServiceUnavailable"
  | "Timeout"
  | "TooManyRequests"
  | "Unauthorized"
  | "UnsupportedMediaType";

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** Kubernetes' `metav1.Status`, the body of every error and of successes without an object. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: ListMeta;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code?: number;
}

interface Failure {
  readonly code: number;
  /** Absent for errors that upstream's API server does not foresee. */
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly metadata?: ListMeta;
}

/** The one error that crosses the API; becomes its `Status` on the wire, word for word. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: Status;

  constructor(message: string, { code, reason, details, metadata }: Failure) {
    super(message);
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: metadata ?? {},
      status: "Failure",
      message,
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    };
  }

  /** The error that a `Status` received from elsewhere stands for. */
  static from(status: Status): StatusError {
    return new StatusError(status.message ?? "Unknown failure", {
      code: status.code ?? 500,
      ...(status.reason && { reason: status.reason }),
      ...(status.details && { details: status.details }),
      metadata: status.metadata,
    });
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): StatusReason {
    return this.status.reason ?? "InternalError";
  }
}

/** What an error is about: a row of the resource table and the name of one object. */
export interface Subject {
  readonly resource: { readonly group: string; readonly plural: string; readonly kind: string };
  readonly name: string;
}

const qualified = ({ group, plural }: Subject["resource"]): string =>
  group === "" ? plural : `${plural}.${group}`;

const resourceDetails = ({ resource, name }: Subject): StatusDetails => ({
  ...(name !== "" && { name }),
  ...(resource.group !== "" && { group: resource.group }),
  kind: resource.plural,
});

export function notFound(subject: Subject): StatusError {
  const message = `${qualified(subject.resource)} "${subject.name}" not found`;
  return new StatusError(message, {
    code: 404,
    reason: "NotFound",
    details: resourceDetails(subject),
  });
}

export function alreadyExists(subject: Subject): StatusError {
  const message = `${qualified(subject.resource)} "${subject.name}" already exists`;
  return new StatusError(message, {
    code: 409,
    reason: "AlreadyExists",
    details: resourceDetails(subject),
  });
}

/** The object changed since it was read. */
export function conflict(
  subject: Subject,
  why = "the object has been modified; please apply your changes to the latest version and try again",
): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(subject.resource)} "${subject.name}": ${why}`;
  return new StatusError(message, {
    code: 409,
    reason: "Conflict",
    details: resourceDetails(subject),
  });
}

/** The object breaks rules of its kind; `details.kind` is the kind here, not the resource. */
export function invalidObject(subject: Subject, errors: readonly FieldError[]): StatusError {
  const { resource, name } = subject;
  const kind = resource.group === "" ? resource.kind : `${resource.kind}.${resource.group}`;
  return new StatusError(`${kind} "${name}" is invalid: ${fieldErrorsText(errors)}`, {
    code: 422,
    reason: "Invalid",
    details: {
      ...(name !== "" && { name }),
      ...(resource.group !== "" && { group: resource.group }),
      kind: resource.kind,
      causes: errors.map(({ reason, field, message }) => ({ reason, message, field })),
    },
  });
}

export function forbidden(
  subject: Subject,
  { why, causes }: { why: string; causes?: readonly StatusCause[] },
): StatusError {
  const message = `${qualified(subject.resource)} "${subject.name}" is forbidden: ${why}`;
  return new StatusError(message, {
    code: 403,
    reason: "Forbidden",
    details: { ...resourceDetails(subject), ...(causes && { causes }) },
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError(message, { code: 400, reason: "BadRequest" });
}

export function unauthorized(): StatusError {
  return new StatusError("Unauthorized", { code: 401, reason: "Unauthorized" });
}

/** No such resource, subresource or path under a known group. */
export function unknownResource(): StatusError {
  return new StatusError("the server could not find the requested resource", {
    code: 404,
    reason: "NotFound",
    details: {},
  });
}

export function methodNotAllowed(): StatusError {
  return new StatusError("the server does not allow this method on the requested resource", {
    code: 405,
    reason: "MethodNotAllowed",
    details: {},
  });
}

/** What a custom kind is not asked: `verb` is none of its verbs, `""` where the method means none. */
export function verbNotSupported(
  { group, plural }: Subject["resource"],
  verb: string,
): StatusError {
  const resource = { group, plural, kind: plural };
  return new StatusError(`${verb} is not supported on resources of kind "${qualified(resource)}"`, {
    code: 405,
    reason: "MethodNotAllowed",
    details: resourceDetails({ resource, name: "" }),
  });
}

/** A resourceVersion is older than the history that is kept. */
export function expired(message: string, metadata: ListMeta = {}): StatusError {
  return new StatusError(message, { code: 410, reason: "Expired", metadata });
}

/** 500, as `apierrors.NewInternalError` words it. */
export function internalFailure(message: string): StatusError {
  return new StatusError(`Internal error occurred: ${message}`, {
    code: 500,
    reason: "InternalError",
    details: { causes: [{ message }] },
  });
}

/** A cause that the caller cannot mend; say what was being done. */
export function internalError(doing: string, cause: unknown): StatusError {
  const error = new StatusError(`Internal error occurred: ${doing}: ${explain(cause)}`, {
    code: 500,
    reason: "InternalError",
    details: { causes: [{ message: explain(cause) }] },
  });
  error.cause = cause;
  return error;
}

export function serviceUnavailable(message: string): StatusError {
  return new StatusError(message, { code: 503, reason: "ServiceUnavailable" });
}

/** True for an error of that reason, wherever it was made. */
export function hasReason(error: unknown, reason: StatusReason): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

/** For `catch`: lets pass that there is no such object. */
export function unlessNotFound(error: unknown): undefined {
  if (!hasReason(error, "NotFound")) throw error;
}

/** What stands as the reason of a cause where a row of the store cannot be read. */
export const QUARANTINED = "Quarantined";

/** True where nothing can be read: it was never made, or its row is damaged. A new object may be made. */
export function isMissing(error: unknown): error is StatusError {
  return hasReason(error, "NotFound") || hasCause(error, QUARANTINED);
}

/** True for an error that names that cause among its details, as `apierrors.HasStatusCause`. */
export function hasCause(error: unknown, cause: string): error is StatusError {
  return (
    error instanceof StatusError &&
    (error.status.details?.causes ?? []).some(({ reason }) => reason === cause)
  );
}
