import { age, humanDuration } from "../duration-text.ts";
import type { Deployment, Job, ReplicaSet, Scale } from "../object.ts";
import type { Column } from "../resource.ts";
import { matcherOf } from "../selector.ts";
import { AGE, containerColumns, integer, selectorText, text, wide } from "./column.ts";

/** The columns of `kubectl get deployments`. */
export const DEPLOYMENT_COLUMNS: readonly Column<Deployment>[] = [
  text(
    { name: "Ready", description: "Number of the pod with ready state" },
    ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  ),
  text(
    {
      name: "Up-to-date",
      description:
        "Total number of non-terminating pods targeted by this deployment that have the desired template spec.",
    },
    ({ status }) => status?.updatedReplicas ?? 0,
  ),
  text(
    {
      name: "Available",
      description:
        "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.",
    },
    ({ status }) => status?.availableReplicas ?? 0,
  ),
  AGE,
  ...containerColumns<Deployment>(({ spec }) => spec?.template.spec?.containers),
  wide(
    text(
      {
        name: "Selector",
        description:
          "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
      },
      ({ spec }) => String(matcherOf(spec?.selector)),
    ),
  ),
];

/** The columns of `kubectl get replicasets`. */
export const REPLICA_SET_COLUMNS: readonly Column<ReplicaSet>[] = [
  integer(
    {
      name: "Desired",
      description:
        "Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    },
    ({ spec }) => spec?.replicas ?? 0,
  ),
  integer(
    {
      name: "Current",
      description:
        "Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    },
    ({ status }) => status?.replicas ?? 0,
  ),
  integer(
    {
      name: "Ready",
      description:
        "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
    },
    ({ status }) => status?.readyReplicas ?? 0,
  ),
  AGE,
  ...containerColumns<ReplicaSet>(({ spec }) => spec?.template?.spec?.containers),
  wide(
    text(
      {
        name: "Selector",
        description:
          "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      },
      ({ spec }) => selectorText(spec?.selector),
    ),
  ),
];

/** The columns of `kubectl get deployment NAME --subresource=scale`. */
export const SCALE_COLUMNS: readonly Column<Scale>[] = [
  integer(
    {
      name: "Desired",
      description: "replicas is the desired number of instances for the scaled object.",
    },
    ({ spec }) => spec?.replicas ?? 0,
  ),
  integer(
    {
      name: "Available",
      description: "replicas is the actual number of observed instances of the scaled object.",
    },
    ({ status }) => status?.replicas ?? 0,
  ),
  AGE,
];

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
      description:
        "Specifies the desired number of successfully finished pods the job should be run with.  Setting to null means that the success of any pod signals the success of all pods, and allows parallelism to have any positive value.  Setting to 1 means that parallelism is limited to 1 and the success of that pod signals the success of the job. More info: https://kubernetes.io/docs/concepts/workloads/controllers/jobs-run-to-completion/",
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
        description:
          "A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      },
      ({ spec }) => selectorText(spec?.selector),
    ),
  ),
];
