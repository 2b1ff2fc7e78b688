import type { HorizontalPodAutoscaler } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, fieldText, text } from "./column.ts";

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler["spec"]>["metrics"]>[number];
type Current = NonNullable<
  NonNullable<HorizontalPodAutoscaler["status"]>["currentMetrics"]
>[number];

const UNKNOWN = "<unknown>";
const percent = (value: number | undefined) => (value === undefined ? undefined : `${value}%`);

/** One metric as `current/target`. */
function targetText(metric: Metric, status: Current | undefined): string {
  const { type, external, pods, object, resource, containerResource } = metric;
  switch (type) {
    case "External":
      return averageOrValue(external?.target, status?.external?.current);
    case "Object":
      return averageOrValue(object?.target, status?.object?.current);
    case "Pods":
      return averageOf(pods?.target, status?.pods?.current);
    case "Resource":
      return `${resource?.name}: ${averageOrShare(resource?.target, status?.resource?.current)}`;
    case "ContainerResource": {
      const current = status?.containerResource?.current;
      return `${containerResource?.name}: ${averageOrShare(containerResource?.target, current)}`;
    }
    default:
      return "<unknown type>";
  }
}

interface Amount {
  readonly averageValue?: string;
  readonly averageUtilization?: number;
  readonly value?: string;
}

/** What is there but says nothing of the amount that is asked for. */
const NIL = "<nil>";

function averageOf(target: Amount | undefined, current: Amount | undefined): string {
  const now = current === undefined ? UNKNOWN : (current.averageValue ?? NIL);
  return `${now}/${target?.averageValue ?? NIL}`;
}

function averageOrValue(target: Amount | undefined, current: Amount | undefined): string {
  if (target?.averageValue === undefined) {
    const now = current === undefined ? UNKNOWN : (current.value ?? NIL);
    return `${now}/${target?.value ?? NIL}`;
  }
  return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
}

function averageOrShare(target: Amount | undefined, current: Amount | undefined): string {
  if (target?.averageValue !== undefined) return averageOf(target, current);
  const now = percent(current?.averageUtilization) ?? UNKNOWN;
  return `${now}/${percent(target?.averageUtilization) ?? "<auto>"}`;
}

const SHOWN_METRICS = 2;

function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const shown = metrics
    .slice(0, SHOWN_METRICS)
    .map((metric, index) => targetText(metric, status?.currentMetrics?.[index]))
    .join(", ");
  const more = metrics.length - SHOWN_METRICS;
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

const ofAutoscaler = (field: string) =>
  fieldText("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", field);

/** The columns of `kubectl get horizontalpodautoscalers`. */
export const HORIZONTAL_POD_AUTOSCALER_COLUMNS: readonly Column<HorizontalPodAutoscaler>[] = [
  text(
    {
      name: "Reference",
      description:
        "scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.",
    },
    ({ spec }) => {
      const { kind = "", name = "" } = spec?.scaleTargetRef ?? {};
      return `${kind}/${name}`;
    },
  ),
  text({ name: "Targets", description: ofAutoscaler("metrics") }, targetsText),
  text({ name: "MinPods", description: ofAutoscaler("minReplicas") }, ({ spec }) =>
    String(spec?.minReplicas ?? "<unset>"),
  ),
  text(
    { name: "MaxPods", description: ofAutoscaler("maxReplicas") },
    ({ spec }) => spec?.maxReplicas ?? 0,
  ),
  text(
    {
      name: "Replicas",
      description: fieldText(
        "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus",
        "currentReplicas",
      ),
    },
    ({ status }) => status?.currentReplicas ?? 0,
  ),
  AGE,
];
