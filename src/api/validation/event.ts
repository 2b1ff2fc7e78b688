import { type FieldError, immutable, invalid, invalidAll, required } from "../field-error.ts";
import { qualifiedName } from "../names.ts";
import type { Event } from "../object.ts";

const WORD_MAX_LENGTH = 128;
const NOTE_MAX_LENGTH = 1024;

/** Errors of an Event. Those with an eventTime are of the new style and must say more. */
export function validateEvent(event: Event): FieldError[] {
  const namespace = event.metadata?.namespace ?? "";
  const about = event.involvedObject?.namespace ?? "";
  const errors: FieldError[] = [];
  // events of cluster-scoped objects live in `default`; the new style allows kube-system too
  const elsewhere = event.eventTime ? ["", "default", "kube-system"] : ["", "default"];
  if (about === "" ? !elsewhere.includes(namespace) : namespace !== about) {
    const rule = { value: about, detail: "does not match event.namespace" };
    errors.push(invalid("involvedObject.namespace", rule));
  }
  return event.eventTime ? [...errors, ...validateNewStyle(event)] : errors;
}

function validateNewStyle(event: Event): FieldError[] {
  const { reportingComponent = "", message = "" } = event;
  const errors: FieldError[] = [];
  if (reportingComponent === "") errors.push(required("reportingController"));
  const details = qualifiedName(reportingComponent);
  errors.push(...invalidAll("reportingController", { value: reportingComponent, details }));
  for (const field of ["reportingInstance", "action", "reason"] as const) {
    const value = event[field] ?? "";
    if (value === "") errors.push(required(field));
    if (value.length > WORD_MAX_LENGTH) {
      const detail = `can have at most ${WORD_MAX_LENGTH} characters`;
      errors.push(invalid(field, { value: "", detail }));
    }
  }
  if (message.length > NOTE_MAX_LENGTH) {
    const detail = `can have at most ${NOTE_MAX_LENGTH} characters`;
    errors.push(invalid("message", { value: "", detail }));
  }
  return errors;
}

/** What events.k8s.io demands of a new event beyond `validateEvent`. */
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

/** The fields that a change by events.k8s.io leaves alone, under Kubernetes' paths. */
const IMMUTABLE = {
  involvedObject: ({ involvedObject }) => involvedObject,
  reason: ({ reason = "" }) => reason,
  message: ({ message = "" }) => message,
  source: ({ source = {} }) => source,
  firstTimestamp: ({ firstTimestamp }) => firstTimestamp ?? null,
  lastTimestamp: ({ lastTimestamp }) => lastTimestamp ?? null,
  count: ({ count = 0 }) => count,
  type: ({ type = "" }) => type,
  eventTime: ({ eventTime }) => eventTime ?? null,
  action: ({ action = "" }) => action,
  related: ({ related }) => related ?? null,
  reportingController: ({ reportingComponent = "" }) => reportingComponent,
  reportingInstance: ({ reportingInstance = "" }) => reportingInstance,
} as const satisfies Readonly<Record<string, (event: Event) => unknown>>;

/** What events.k8s.io lets a change do: all but the series stays as it is. */
export function validateStrictEventUpdate(next: Event, current: Event): FieldError[] {
  const errors = Bun.deepEquals(next.series, current.series) ? [] : validateSeries(next);
  for (const [field, read] of Object.entries(IMMUTABLE)) {
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
