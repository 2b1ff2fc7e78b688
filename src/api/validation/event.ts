import { type FieldError, immutable, invalid, invalidAll, required } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { qualifiedName } from "../names.ts";
import type { Event } from "../object.ts";

const WORD_MAX_BYTES = 128;
const NOTE_MAX_BYTES = 1024;

/** Who reports, in the words of each of the two groups that serve events. */
type Reporter = "reportingComponent" | "reportingController";

/** Errors of an Event. Those with an eventTime are of the new style and must say more. */
export function validateEvent(event: Event): FieldError[] {
  return validateReported(event, "reportingComponent");
}

/** The same of one that comes by events.k8s.io. */
export function validateRegardingEvent(event: Event): FieldError[] {
  return validateReported(event, "reportingController");
}

function validateReported(event: Event, reporter: Reporter): FieldError[] {
  const errors = validatePlace(event);
  return event.eventTime ? [...errors, ...validateNewStyle(event, reporter)] : errors;
}

/**
 * An event is where its object is; those of cluster-scoped objects are in `default`. The new style
 * allows kube-system for them too, and does not ask about the others.
 */
function validatePlace({ metadata, involvedObject, eventTime }: Event): FieldError[] {
  const namespace = metadata?.namespace ?? "";
  const about = involvedObject?.namespace ?? "";
  const elsewhere = eventTime ? ["default", "kube-system"] : ["", "default"];
  const isRight =
    about === "" ? elsewhere.includes(namespace) : Boolean(eventTime) || namespace === about;
  if (isRight) return [];
  const rule = { value: about, detail: "does not match event.namespace" };
  return [invalid("involvedObject.namespace", rule)];
}

function validateNewStyle(event: Event, reporter: Reporter): FieldError[] {
  const { reportingComponent = "", message = "" } = event;
  const errors: FieldError[] = [];
  if (reportingComponent === "") errors.push(required(reporter));
  const details = qualifiedName(reportingComponent);
  errors.push(...invalidAll(reporter, { value: reportingComponent, details }));
  for (const field of ["reportingInstance", "action", "reason"] as const) {
    const value = event[field] ?? "";
    if (value === "") errors.push(required(field));
    if (Buffer.byteLength(value) > WORD_MAX_BYTES) {
      const detail = `can have at most ${WORD_MAX_BYTES} characters`;
      errors.push(invalid(field, { value: "", detail }));
    }
  }
  if (Buffer.byteLength(message) > NOTE_MAX_BYTES) {
    const detail = `can have at most ${NOTE_MAX_BYTES} characters`;
    errors.push(invalid("message", { value: "", detail }));
  }
  return errors;
}

/** What events.k8s.io demands of a new event beyond `validateRegardingEvent`. */
export function validateStrictEvent(event: Event): FieldError[] {
  const errors = validateSeries(event);
  const { eventTime, type = "", source } = event;
  if (!eventTime) errors.push(required("eventTime"));
  if (type !== "Normal" && type !== "Warning") {
    errors.push(invalid("type", { value: "", detail: `has invalid value: ${type}` }));
  }
  const isSet = {
    firstTimestamp: event.firstTimestamp,
    lastTimestamp: event.lastTimestamp,
    count: event.count,
    source: source?.component || source?.host,
  };
  for (const [field, value] of Object.entries(isSet)) {
    if (value) errors.push(invalid(field, { value: "", detail: "needs to be unset" }));
  }
  return errors;
}

const REFERENCE = "io.k8s.api.core.v1.ObjectReference";

/** The fields that a change by events.k8s.io leaves alone, under Kubernetes' paths: it looks at the reason twice. */
const IMMUTABLE: readonly (readonly [string, (event: Event) => unknown])[] = [
  ["involvedObject", ({ involvedObject }) => held(REFERENCE, involvedObject)],
  ["reason", ({ reason = "" }) => reason],
  ["message", ({ message = "" }) => message],
  ["source", ({ source }) => held("io.k8s.api.core.v1.EventSource", source ?? {})],
  ["firstTimestamp", ({ firstTimestamp }) => firstTimestamp ?? null],
  ["lastTimestamp", ({ lastTimestamp }) => lastTimestamp ?? null],
  ["count", ({ count = 0 }) => count],
  ["reason", ({ reason = "" }) => reason],
  ["type", ({ type = "" }) => type],
  ["eventTime", ({ eventTime }) => eventTime ?? null],
  ["action", ({ action = "" }) => action],
  ["related", ({ related }) => held(REFERENCE, related)],
  ["reportingController", ({ reportingComponent = "" }) => reportingComponent],
  ["reportingInstance", ({ reportingInstance = "" }) => reportingInstance],
];

/** What events.k8s.io lets a change do: all but the series stays as it is. */
export function validateStrictEventUpdate(next: Event, current: Event): FieldError[] {
  const errors = Bun.deepEquals(next.series, current.series) ? [] : validateSeries(next);
  for (const [field, read] of IMMUTABLE) {
    errors.push(...immutable(field, { next: read(next), current: read(current) }));
  }
  return errors;
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return [];
  const errors: FieldError[] = [];
  if ((series.count ?? 0) < 2) {
    errors.push(invalid("series.count", { value: "", detail: "should be at least 2" }));
  }
  if (!series.lastObservedTime) errors.push(required("series.lastObservedTime"));
  return errors;
}
