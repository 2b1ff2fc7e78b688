import { CRON_JOB_COLUMNS, JOB_COLUMNS } from "../columns/batch.ts";
import { prepareCronJob, prepareJob, setCronJobDefaults, setJobDefaults } from "../defaults/job.ts";
import { WHOLE_TWICE } from "../looks.ts";
import type * as objects from "../object.ts";
import { validateCronJob, validateCronJobCreate } from "../validation/cron-job.ts";
import { validateJob, validateJobUpdate } from "../validation/job.ts";
import { validateJobStatus } from "../validation/job-status.ts";
import { warnOfCronJob, warnOfJob } from "../warnings/workload.ts";
import { row, statusOf } from "./row.ts";

export const JOBS = row<objects.Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  namespaced: true,
  definition: "io.k8s.api.batch.v1.Job",
  changeLooks: WHOLE_TWICE,
  categories: ["all"],
  hasGeneration: true,
  subresources: [statusOf({ kind: "Job", group: "batch" })],
  columns: JOB_COLUMNS,
  fields: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  setDefaults: setJobDefaults,
  prepareForCreate: prepareJob,
  validate: validateJob,
  warnings: warnOfJob,
  validateUpdate: validateJobUpdate,
  validateStatus: validateJobStatus,
});

export const CRON_JOBS = row<objects.CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  namespaced: true,
  definition: "io.k8s.api.batch.v1.CronJob",
  shortNames: ["cj"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [statusOf({ kind: "CronJob", group: "batch" })],
  columns: CRON_JOB_COLUMNS,
  setDefaults: setCronJobDefaults,
  prepareForCreate: prepareCronJob,
  validate: validateCronJob,
  warnings: warnOfCronJob,
  validateCreate: validateCronJobCreate,
});
