import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { CronJob } from "../object.ts";
import { nonNegativeFields } from "./common.ts";
import { validateJobSpec } from "./job.ts";
import { scheduleError } from "./schedule.ts";

type Spec = NonNullable<CronJob["spec"]>;

/** A Job's name is its CronJob's and a dash and ten digits, and at most 63 bytes long. */
const NAME_MAX_BYTES = 52;
const POLICIES: readonly string[] = ["Allow", "Forbid", "Replace"];

/** Errors of a CronJob after defaulting. */
export function validateCronJob({ spec }: CronJob): FieldError[] {
  const { concurrencyPolicy: policy = "", jobTemplate } = spec ?? {};
  const errors = [
    ...(spec?.schedule ? validateSchedule(spec, "spec.schedule") : [required("spec.schedule")]),
    ...nonNegativeFields(spec, "spec", ["startingDeadlineSeconds"]),
    ...validateTimeZone(spec?.timeZone, "spec.timeZone"),
  ];
  if (!POLICIES.includes(policy)) {
    const rule = { value: policy, supported: POLICIES };
    errors.push(notSupported("spec.concurrencyPolicy", rule));
  }
  return [
    ...errors,
    ...validateJobTemplate(jobTemplate, "spec.jobTemplate.spec"),
    ...nonNegativeFields(spec, "spec", ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"]),
  ];
}

function validateSchedule({ schedule }: Spec, path: string): FieldError[] {
  const why = scheduleError(schedule);
  const errors = why === undefined ? [] : [invalid(path, { value: schedule, detail: why })];
  if (!schedule.includes("TZ")) return errors;
  const detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
  return [...errors, invalid(path, { value: schedule, detail })];
}

const ZONE_PART = /^[A-Za-z._\-0-9+]{1,14}$/;

function validateTimeZone(zone: string | undefined, path: string): FieldError[] {
  if (zone === undefined) return [];
  const broken = (detail: string) => [invalid(path, { value: zone, detail })];
  if (zone === "") return broken("timeZone must be nil or non-empty string");
  const isPart = (part: string) =>
    part !== "." && part !== ".." && !part.startsWith("-") && ZONE_PART.test(part);
  if (!zone.split("/").every(isPart)) return broken(`unknown time zone ${zone}`);
  if (zone.toLowerCase() === "local") {
    const detail =
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    return broken(detail);
  }
  return isKnownZone(zone) ? [] : broken(`unknown time zone ${zone}`);
}

function isKnownZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).format(0) !== "";
  } catch {
    return false;
  }
}

/** The Jobs to come: their selector is generated when they are made. */
function validateJobTemplate(
  template: Spec["jobTemplate"] | undefined,
  path: string,
): FieldError[] {
  const spec = template?.spec ?? { template: {} };
  const errors = validateJobSpec(spec, path);
  if (spec.selector) {
    const rule = { value: spec.selector, detail: "`selector` will be auto-generated" };
    errors.push(invalid(`${path}.selector`, rule));
  }
  if (!spec.manualSelector) return errors;
  const message = 'Unsupported value: true: supported values: "nil", "false"';
  const field = `${path}.manualSelector`;
  return [...errors, { reason: "FieldValueNotSupported", field, message }];
}

/** Errors of a new CronJob alone. */
export function validateCronJobCreate({ metadata }: CronJob): FieldError[] {
  const { name = "" } = metadata ?? {};
  if (name.length <= NAME_MAX_BYTES) return [];
  const detail = `must be no more than ${NAME_MAX_BYTES} characters`;
  return [invalid("metadata.name", { value: name, detail })];
}
