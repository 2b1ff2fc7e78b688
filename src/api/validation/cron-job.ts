import { type FieldError, invalid, invalidAll, notSupported, required } from "../field-error.ts";
import { held, SELECTOR } from "../held/held-json.ts";
import type { CronJob } from "../object.ts";
import { nonNegativeFields } from "./common.ts";
import { validateJobSpec } from "./job.ts";
import { isKnownZone, scheduleError } from "./schedule.ts";

type Spec = NonNullable<CronJob["spec"]>;

/** A Job's name is its CronJob's and a dash and ten digits, and at most 63 bytes long. */
const NAME_MAX_BYTES = 52;
const POLICIES: readonly string[] = ["Allow", "Forbid", "Replace"];

/** Errors of a CronJob after defaulting: a zone that was let in once stays. */
export function validateCronJob({ spec }: CronJob, current?: CronJob): FieldError[] {
  const { concurrencyPolicy: policy = "", jobTemplate, timeZone } = spec ?? {};
  const hadZone = current?.spec?.schedule.includes("TZ") ?? false;
  const isZoneOld = current !== undefined && current.spec?.timeZone === timeZone;
  const errors = [
    ...(spec?.schedule ? validateSchedule(spec, { hadZone }) : [required("spec.schedule")]),
    ...nonNegativeFields(spec, "spec", ["startingDeadlineSeconds"]),
    ...(isZoneOld ? [] : validateTimeZone(timeZone, "spec.timeZone")),
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

function validateSchedule({ schedule, timeZone }: Spec, { hadZone }: { hadZone: boolean }) {
  const why = scheduleError(schedule);
  const details = why === undefined ? [] : [why];
  const hasZone = schedule.includes("TZ");
  if (hasZone && !hadZone) {
    details.push("cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  } else if (hasZone && timeZone !== undefined) {
    details.push("cannot use both timeZone field and TZ or CRON_TZ in schedule");
  }
  return invalidAll("spec.schedule", { value: schedule, details });
}

const ZONE_PART = /^[A-Za-z._\-0-9+]{1,14}$/;

function validateTimeZone(zone: string | undefined, path: string): FieldError[] {
  if (zone === undefined) return [];
  const broken = (detail: string) => [invalid(path, { value: zone, detail })];
  if (zone === "") return broken("timeZone must be nil or non-empty string");
  const isPart = (part: string) =>
    part !== "." && part !== ".." && !part.startsWith("-") && ZONE_PART.test(part);
  if (!zone.split("/").every(isPart)) return broken(`unknown time zone ${zone}`);
  const errors =
    zone.toLowerCase() === "local"
      ? broken(
          "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
        )
      : [];
  return isKnownZone(zone) ? errors : [...errors, ...broken(`unknown time zone ${zone}`)];
}

/** The Jobs to come: their selector is generated when they are made. */
function validateJobTemplate(
  template: Spec["jobTemplate"] | undefined,
  path: string,
): FieldError[] {
  const spec = template?.spec ?? { template: {} };
  const errors = validateJobSpec(spec, path);
  if (spec.selector) {
    const rule = {
      value: held(SELECTOR, spec.selector),
      detail: "`selector` will be auto-generated",
    };
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
