import { present } from "#lib/present.ts";
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from "../object.ts";
import { behaviorOf, behaviorText } from "./autoscaler-behavior.ts";
import {
  type FlatMetric,
  flatMetric,
  flatStatusMetric,
  metricOf,
  statusMetricOf,
} from "./autoscaler-metric.ts";

type Spec = NonNullable<HorizontalPodAutoscaler["spec"]>;
type Status = NonNullable<HorizontalPodAutoscaler["status"]>;
type Metric = NonNullable<Spec["metrics"]>[number];
type Annotations = Readonly<Record<string, string>>;

/** Where autoscaling/v1, which knows only of cpu, keeps all else. */
const PREFIX = "autoscaling.alpha.kubernetes.io";
const METRICS = `${PREFIX}/metrics`;
const CURRENT_METRICS = `${PREFIX}/current-metrics`;
const CONDITIONS = `${PREFIX}/conditions`;
const BEHAVIOR = `${PREFIX}/behavior`;
const OWN: ReadonlySet<string> = new Set([METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR]);

const isCpu = ({ type, resource }: Pick<Metric, "type" | "resource">) =>
  type === "Resource" && resource?.name === "cpu";
const isCpuShare = (metric: Metric) =>
  isCpu(metric) && metric.resource?.target.averageUtilization !== undefined;

/** Who says nothing scales nothing. */
const nowhere: Pick<Spec, "maxReplicas" | "scaleTargetRef"> = {
  maxReplicas: 0,
  scaleTargetRef: { kind: "", name: "" },
};

/** An autoscaler as autoscaling/v1 has it: a share of cpu, and the rest in annotations. */
export function toAutoscalingV1(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { metadata, spec, status } = autoscaler;
  const { metrics = [], behavior, ...kept } = spec ?? {};
  const { currentMetrics: metricsNow, conditions = [], ...counted } = status ?? {};
  const currentMetrics = metricsNow ?? [];
  const others = metrics.filter((metric) => !isCpuShare(metric)).map(flatMetric);
  const added = present({
    [METRICS]: listText(others),
    [CURRENT_METRICS]: listText(currentMetrics.map(flatStatusMetric)),
    [BEHAVIOR]: behavior && behaviorText(behavior),
    [CONDITIONS]: listText(conditions),
  });
  const annotations = { ...metadata?.annotations, ...added };
  const cpu = metrics.find(isCpu)?.resource?.target.averageUtilization;
  const used = currentMetrics.find(isCpuStatus)?.resource?.current.averageUtilization;
  return {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: {
      ...metadata,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      ...nowhere,
      ...kept,
      ...present({ targetCPUUtilizationPercentage: cpu }),
    },
    status: {
      currentReplicas: 0,
      desiredReplicas: 0,
      ...counted,
      ...present({ currentCPUUtilizationPercentage: used }),
    },
  };
}

type StatusMetric = NonNullable<Status["currentMetrics"]>[number];

const isCpuStatus = ({ type, resource }: StatusMetric) =>
  type === "Resource" && resource?.name === "cpu";

const listText = (list: readonly unknown[]) => (list.length > 0 ? JSON.stringify(list) : undefined);

/** The same the other way; what an annotation says that cannot be read is not heard. */
export function fromAutoscalingV1(autoscaler: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { metadata = {}, spec, status } = autoscaler;
  const { targetCPUUtilizationPercentage: share, ...kept } = spec ?? {};
  const { currentCPUUtilizationPercentage: _, ...counted } = status ?? {};
  const { annotations = {}, ...named } = metadata;
  const rest = Object.entries(annotations).filter(([key]) => !OWN.has(key));
  const metrics = [...listIn(annotations, METRICS).map(metricOf), ...cpuMetrics(share)];
  const behavior = behaviorOf(annotations[BEHAVIOR]);
  const conditions = listIn(annotations, CONDITIONS);
  const currentMetrics = listIn(annotations, CURRENT_METRICS);
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: {
      ...named,
      ...(rest.length > 0 && { annotations: Object.fromEntries(rest) }),
    },
    spec: {
      ...nowhere,
      ...kept,
      ...(metrics.length > 0 && { metrics }),
      ...present({ behavior }),
    },
    status: {
      desiredReplicas: 0,
      ...counted,
      currentMetrics: currentMetrics.map(statusMetricOf),
      ...(conditions.length > 0 && { conditions: conditions.map(conditionOf) }),
    },
  };
}

function cpuMetrics(averageUtilization: number | undefined): Metric[] {
  if (averageUtilization === undefined) return [];
  const target = { type: "Utilization", averageUtilization };
  return [{ type: "Resource", resource: { name: "cpu", target } }];
}

/** The objects of a list in an annotation. */
function listIn(annotations: Annotations, key: string): FlatMetric[] {
  const value = parsed(annotations[key]);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

const isObject = (value: unknown): value is FlatMetric =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown) => (typeof value === "string" ? value : "");

function conditionOf(condition: FlatMetric): NonNullable<Status["conditions"]>[number] {
  const { type, status, lastTransitionTime, reason, message } = condition;
  return {
    type: textOf(type),
    status: textOf(status),
    ...(lastTransitionTime !== undefined && { lastTransitionTime: textOf(lastTransitionTime) }),
    ...(reason !== undefined && { reason: textOf(reason) }),
    ...(message !== undefined && { message: textOf(message) }),
  };
}
