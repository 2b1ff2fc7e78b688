import {
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { pathSegment } from "../names.ts";
import type { HorizontalPodAutoscaler } from "../object.ts";
import { Quantity } from "../quantity.ts";
import { formatted } from "./common.ts";
import { validateGroupVersion } from "./references.ts";
import { validateContainerResource } from "./resources.ts";

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler["spec"]>["metrics"]>[number];
type Target = NonNullable<Metric["resource"]>["target"];
type Reference = NonNullable<Metric["object"]>["describedObject"];

/** What a type of metric is measured with, in the order in which Kubernetes looks at them. */
const SOURCES = {
  Object: "object",
  External: "external",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
} as const;

const TYPES: readonly string[] = Object.keys(SOURCES).sort();
const isType = (type: string): type is keyof typeof SOURCES => Object.hasOwn(SOURCES, type);

/** Errors of one metric of an autoscaler. */
export function validateMetric(metric: Metric, path: string): FieldError[] {
  const { type } = metric;
  const errors: FieldError[] = [];
  const unknown = () => notSupported(`${path}.type`, { value: type, supported: TYPES });
  if (!type) errors.push(required(`${path}.type`, "must specify a metric source type"));
  if (!isType(type)) errors.push(unknown());
  const given = Object.values(SOURCES).filter((source) => metric[source] !== undefined);
  const [first] = given;
  if (first) errors.push(...validateSource(metric, { source: first, path: `${path}.${first}` }));
  if (!isType(type)) errors.push(unknown());
  else if (!given.includes(SOURCES[type])) {
    const detail = "must populate information for the given metric source";
    errors.push(required(`${path}.${SOURCES[type]}`, detail));
  }
  if (given.length === 1) return errors;
  const detail = "must populate the given metric source only";
  const wrong = given.filter((source) => !(isType(type) && source === SOURCES[type]));
  return [...errors, ...wrong.map((source) => forbidden(`${path}.${source}`, detail))];
}

interface Place {
  readonly source: (typeof SOURCES)[keyof typeof SOURCES];
  readonly path: string;
}

function validateSource(metric: Metric, { source, path }: Place): FieldError[] {
  switch (source) {
    case "object":
      return [
        ...validateReference(metric.object?.describedObject, `${path}.describedObject`),
        ...validateGroupVersion(`${path}.describedObject.apiVersion`, {
          apiVersion: metric.object?.describedObject.apiVersion ?? "",
          needsGroup: false,
        }),
        ...validateIdentifier(metric.object?.metric, `${path}.metric`),
        ...validateTarget(metric.object?.target, `${path}.target`),
        ...validateAmount(metric.object?.target, `${path}.target`),
      ];
    case "external":
      return [
        ...validateIdentifier(metric.external?.metric, `${path}.metric`),
        ...validateTarget(metric.external?.target, `${path}.target`),
        ...validateOneAmount(metric.external?.target, `${path}.target`),
      ];
    case "pods":
      return [
        ...validateIdentifier(metric.pods?.metric, `${path}.metric`),
        ...validateTarget(metric.pods?.target, `${path}.target`),
        ...(metric.pods?.target.averageValue !== undefined
          ? []
          : [
              required(
                `${path}.target.averageValue`,
                "must specify a positive target averageValue",
              ),
            ]),
      ];
    case "resource":
      return validateResourceMetric(metric.resource, path);
    case "containerResource":
      return validateContainerMetric(metric.containerResource, path);
  }
}

function validateResourceMetric(resource: Metric["resource"], path: string): FieldError[] {
  return [
    ...(resource?.name ? [] : [required(`${path}.name`, "must specify a resource name")]),
    ...validateTarget(resource?.target, `${path}.target`),
    ...validateShare(resource?.target, `${path}.target`),
  ];
}

function validateContainerMetric(
  resource: Metric["containerResource"],
  path: string,
): FieldError[] {
  const { name, container, target } = resource ?? {};
  return [
    ...(name
      ? validateContainerResource(name, `${path}.name`)
      : [required(`${path}.name`, "must specify a resource name")]),
    ...(container
      ? formatted(`${path}.container`, { value: container, as: "label" })
      : [required(`${path}.container`, "must specify a container")]),
    ...validateTarget(target, `${path}.target`),
    ...validateShare(target, `${path}.target`),
  ];
}

function validateAmount(target: Target | undefined, path: string): FieldError[] {
  if (target?.value !== undefined || target?.averageValue !== undefined) return [];
  return [required(`${path}.averageValue`, "must set either a target value or averageValue")];
}

function validateOneAmount(target: Target | undefined, path: string): FieldError[] {
  if (target?.value === undefined && target?.averageValue === undefined) {
    const detail = "must set either a target value for metric or a per-pod target";
    return [required(`${path}.averageValue`, detail)];
  }
  if (target.value === undefined || target.averageValue === undefined) return [];
  const detail = "may not set both a target value for metric and a per-pod target";
  return [forbidden(`${path}.value`, detail)];
}

function validateShare(target: Target | undefined, path: string): FieldError[] {
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = "must set either a target raw value or a target utilization";
    return [required(`${path}.averageUtilization`, detail)];
  }
  if (averageUtilization === undefined || averageValue === undefined) return [];
  const detail = "may not set both a target raw value and a target utilization";
  return [forbidden(`${path}.averageValue`, detail)];
}

function isPositive(amount: string | undefined): boolean {
  const quantity = amount === undefined ? undefined : Quantity.tryParse(amount);
  return quantity !== undefined && quantity.compare(Quantity.zero) > 0;
}

function validateTarget(target: Target | undefined, path: string): FieldError[] {
  const { type = "", value, averageValue, averageUtilization } = target ?? {};
  const errors = type ? [] : [required(`${path}.type`, "must specify a metric target type")];
  if (!["Utilization", "Value", "AverageValue"].includes(type)) {
    const detail = "must be either Utilization, Value, or AverageValue";
    errors.push(invalid(`${path}.type`, { value: type, detail }));
  }
  for (const [field, amount] of Object.entries({ value, averageValue })) {
    if (amount === undefined || isPositive(amount)) continue;
    errors.push(invalid(`${path}.${field}`, { value: amount, detail: "must be positive" }));
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    const rule = { value: averageUtilization, detail: "must be greater than 0" };
    errors.push(invalid(`${path}.averageUtilization`, rule));
  }
  return errors;
}

function validateIdentifier(metric: { name?: string } | undefined, path: string): FieldError[] {
  const value = metric?.name;
  if (!value) return [required(`${path}.name`, "must specify a metric name")];
  return invalidAll(`${path}.name`, { value, details: pathSegment(value) });
}

/** The kind and name of what is scaled or looked at. */
export function validateReference(
  reference: Partial<Reference> | undefined,
  path: string,
): FieldError[] {
  return (["kind", "name"] as const).flatMap((field) => {
    const value = reference?.[field];
    if (!value) return [required(`${path}.${field}`)];
    return invalidAll(`${path}.${field}`, { value, details: pathSegment(value) });
  });
}
