import { present } from "#lib/present.ts";
import type { HorizontalPodAutoscaler } from "../object.ts";

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler["spec"]>["metrics"]>[number];
type StatusMetric = NonNullable<
  NonNullable<HorizontalPodAutoscaler["status"]>["currentMetrics"]
>[number];
type Target = NonNullable<Metric["resource"]>["target"];
type Current = NonNullable<StatusMetric["resource"]>["current"];

/** JSON that somebody else may have written: of every field nothing is known. */
export type FlatMetric = Readonly<Record<string, unknown>>;

/** A metric as autoscaling/v1 writes it into an annotation: names and targets side by side. */
export function flatMetric(metric: Metric): FlatMetric {
  const { type, object, pods, resource, containerResource, external } = metric;
  return present({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? "0",
      ...present({ selector: object.metric.selector, averageValue: object.target.averageValue }),
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? "0",
      ...present({ selector: pods.metric.selector }),
    },
    resource: resource && { name: resource.name, ...flatShare(resource.target) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...flatShare(containerResource.target),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      ...present({
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
    },
  });
}

const flatShare = ({ averageUtilization, averageValue }: Target) =>
  present({ targetAverageUtilization: averageUtilization, targetAverageValue: averageValue });

/** The same for what was measured. */
export function flatStatusMetric(metric: StatusMetric): FlatMetric {
  const { type, object, pods, resource, containerResource, external } = metric;
  const share = ({ averageUtilization, averageValue }: Current) =>
    present({
      currentAverageUtilization: averageUtilization,
      currentAverageValue: averageValue ?? "0",
    });
  return present({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      currentValue: object.current.value ?? "0",
      ...present({ selector: object.metric.selector, averageValue: object.current.averageValue }),
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue ?? "0",
      ...present({ selector: pods.metric.selector }),
    },
    resource: resource && { name: resource.name, ...share(resource.current) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...share(containerResource.current),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      currentValue: external.current.value ?? "0",
      ...present({
        metricSelector: external.metric.selector,
        currentAverageValue: external.current.averageValue,
      }),
    },
  });
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined);
const amount = (value: unknown) =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined;
const number = (value: unknown) => (typeof value === "number" ? value : undefined);
const part = (of: FlatMetric, field: string): FlatMetric | undefined => {
  const value = of[field];
  return typeof value === "object" && value !== null ? { ...value } : undefined;
};

function referenceOf(flat: FlatMetric | undefined) {
  return {
    kind: text(flat?.["kind"]) ?? "",
    name: text(flat?.["name"]) ?? "",
    ...present({ apiVersion: text(flat?.["apiVersion"]) }),
  };
}

/** A metric's name, and the selector in the field of that name. */
function identifierOf(flat: FlatMetric, field: "selector" | "metricSelector") {
  const selector = part(flat, field);
  return { name: text(flat["metricName"]) ?? "", ...(selector && { selector }) };
}

function shareOf(flat: FlatMetric): Target {
  const averageUtilization = number(flat["targetAverageUtilization"]);
  const averageValue = amount(flat["targetAverageValue"]);
  const type = averageUtilization === undefined ? "AverageValue" : "Utilization";
  return { type, ...present({ averageUtilization, averageValue }) };
}

function targetOf(value: string | undefined, averageValue: string | undefined): Target {
  if (averageValue !== undefined) return { type: "AverageValue", averageValue };
  return { type: "Value", ...present({ value }) };
}

/** The metric that an annotation speaks of. */
export function metricOf(flat: FlatMetric): Metric {
  const [object, pods, external] = [
    part(flat, "object"),
    part(flat, "pods"),
    part(flat, "external"),
  ];
  const [resource, container] = [part(flat, "resource"), part(flat, "containerResource")];
  const metric: Metric = { type: text(flat["type"]) ?? "" };
  if (object) {
    metric.object = {
      describedObject: referenceOf(part(object, "target")),
      metric: identifierOf(object, "selector"),
      target: targetOf(amount(object["targetValue"]), amount(object["averageValue"])),
    };
  }
  if (pods) {
    const averageValue = amount(pods["targetAverageValue"]) ?? "0";
    const target = { type: "AverageValue", averageValue };
    metric.pods = { metric: identifierOf(pods, "selector"), target };
  }
  if (resource) {
    metric.resource = { name: text(resource["name"]) ?? "", target: shareOf(resource) };
  }
  if (container) {
    metric.containerResource = {
      name: text(container["name"]) ?? "",
      container: text(container["container"]) ?? "",
      target: shareOf(container),
    };
  }
  if (external) {
    metric.external = {
      metric: identifierOf(external, "metricSelector"),
      target: targetOf(amount(external["targetValue"]), amount(external["targetAverageValue"])),
    };
  }
  return metric;
}

/** What an annotation says was measured. */
export function statusMetricOf(flat: FlatMetric): StatusMetric {
  const [object, pods, external] = [
    part(flat, "object"),
    part(flat, "pods"),
    part(flat, "external"),
  ];
  const [resource, container] = [part(flat, "resource"), part(flat, "containerResource")];
  const share = (of: FlatMetric): Current =>
    present({
      averageUtilization: number(of["currentAverageUtilization"]),
      averageValue: amount(of["currentAverageValue"]),
    });
  const value = (of: FlatMetric, average: string): Current =>
    present({ value: amount(of["currentValue"]), averageValue: amount(of[average]) });
  const metric: StatusMetric = { type: text(flat["type"]) ?? "" };
  if (object) {
    metric.object = {
      describedObject: referenceOf(part(object, "target")),
      metric: identifierOf(object, "selector"),
      current: value(object, "averageValue"),
    };
  }
  if (pods) {
    const current = value(pods, "currentAverageValue");
    metric.pods = { metric: identifierOf(pods, "selector"), current };
  }
  if (resource) {
    metric.resource = { name: text(resource["name"]) ?? "", current: share(resource) };
  }
  if (container) {
    metric.containerResource = {
      name: text(container["name"]) ?? "",
      container: text(container["container"]) ?? "",
      current: share(container),
    };
  }
  if (external) {
    const current = value(external, "currentAverageValue");
    metric.external = { metric: identifierOf(external, "metricSelector"), current };
  }
  return metric;
}
