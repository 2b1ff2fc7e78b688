import { age, humanDuration } from "../duration-text.ts";
import type { CronJob, Job } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, containerColumns, fieldText, integer, selectorText, text, wide } from "./column.ts";

const SELECTOR_TEXT =
  "A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors";

function jobStatus({ metadata, status }: Job): string {
  const has = (type: string) =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === "True");
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (metadata?.deletionTimestamp !== undefined) return "Terminating";
  if (has("Suspended")) return "Suspended";
  if (has("FailureTarget")) return "FailureTarget";
  return has("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function jobCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration({ status }: Job, now: Date): string {
  const { startTime, completionTime } = status ?? {};
  if (startTime === undefined) return "";
  if (completionTime === undefined) return age(startTime, now);
  return humanDuration(Date.parse(completionTime) - Date.parse(startTime));
}

/** The columns of `kubectl get jobs`. */
export const JOB_COLUMNS: readonly Column<Job>[] = [
  text({ name: "Status", description: "Status of the job." }, jobStatus),
  text(
    {
      name: "Completions",
      description: fieldText("io.k8s.api.batch.v1.JobStatus", "succeeded"),
    },
    jobCompletions,
  ),
  text({ name: "Duration", description: "Time required to complete the job." }, jobDuration),
  AGE,
  ...containerColumns<Job>(({ spec }) => spec?.template.spec?.containers),
  wide(
    text(
      {
        name: "Selector",
        description: SELECTOR_TEXT,
      },
      ({ spec }) => selectorText(spec?.selector),
    ),
  ),
];

const ofSpec = (field: string) => fieldText("io.k8s.api.batch.v1.CronJobSpec", field);
const ofStatus = (field: string) => fieldText("io.k8s.api.batch.v1.CronJobStatus", field);

/** The columns of `kubectl get cronjobs`. */
export const CRON_JOB_COLUMNS: readonly Column<CronJob>[] = [
  text({ name: "Schedule", description: ofSpec("schedule") }, ({ spec }) => spec?.schedule ?? ""),
  text(
    { name: "Timezone", description: ofSpec("timeZone") },
    ({ spec }) => spec?.timeZone ?? "<none>",
  ),
  // A boolean by its type and a word by its cell, as Kubernetes has it.
  {
    ...text<CronJob>({ name: "Suspend", description: ofSpec("suspend") }, ({ spec }) =>
      spec?.suspend === undefined ? "<unset>" : goBool(spec.suspend),
    ),
    type: "boolean",
  },
  integer(
    { name: "Active", description: ofStatus("active") },
    ({ status }) => status?.active?.length ?? 0,
  ),
  text({ name: "Last Schedule", description: ofStatus("lastScheduleTime") }, ({ status }, now) =>
    status?.lastScheduleTime === undefined ? "<none>" : age(status.lastScheduleTime, now),
  ),
  AGE,
  ...containerColumns<CronJob>(({ spec }) => spec?.jobTemplate.spec?.template.spec?.containers),
  wide(
    text({ name: "Selector", description: SELECTOR_TEXT }, ({ spec }) =>
      selectorText(spec?.jobTemplate.spec?.selector),
    ),
  ),
];

const goBool = (value: boolean) => (value ? "True" : "False");
