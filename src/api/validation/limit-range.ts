import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  required,
} from "../field-error.ts";
import { qualifiedName } from "../names.ts";
import type { LimitRange } from "../object.ts";
import { QUANTITY_ERROR, Quantity } from "../quantity.ts";
import { mayOvercommit } from "../resource-name.ts";
import { each } from "./common.ts";
import { validateContainerResource, validateResource } from "./resources.ts";

type Limit = NonNullable<LimitRange["spec"]>["limits"][number];

const TYPES: readonly string[] = ["Pod", "Container", "PersistentVolumeClaim"];
const AMOUNTS = ["max", "min", "default", "defaultRequest"] as const;
const BOUNDS = [...AMOUNTS, "maxLimitRequestRatio"] as const;
type Bound = (typeof BOUNDS)[number];

/** Errors of a LimitRange after defaulting. */
export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const types = new Set<string>();
  return each(spec?.limits, "spec.limits", (limit, path) => {
    const errors = validateType(limit.type, `${path}.type`);
    if (types.has(limit.type)) errors.push(duplicate(`${path}.type`, limit.type));
    types.add(limit.type);
    return [...errors, ...validateNames(limit, path), ...validateOrder(limit, path)];
  });
}

function validateType(type: string, path: string): FieldError[] {
  const errors = invalidAll(path, { value: type, details: qualifiedName(type) });
  if (errors.length > 0 || type.includes("/") || TYPES.includes(type)) return errors;
  const detail = "must be a standard limit type or fully qualified";
  return [invalid(path, { value: type, detail })];
}

/** Which bounds a limit may have, and on which resources. */
function validateNames(limit: Limit, path: string): FieldError[] {
  return [
    ...AMOUNTS.flatMap((bound) => validateBound(limit, bound, path)),
    ...validateStorage(limit, path),
    ...validateBound(limit, "maxLimitRequestRatio", path),
  ];
}

function validateStorage({ type, max, min }: Limit, path: string): FieldError[] {
  if (type !== "PersistentVolumeClaim") return [];
  if (max?.["storage"] ?? min?.["storage"]) return [];
  const detail = "either minimum or maximum storage value is required, but neither was provided";
  return [required(`${path}.limits`, detail)];
}

function validateBound({ type, ...limit }: Limit, bound: Bound, path: string): FieldError[] {
  const entries = Object.entries(limit[bound] ?? {});
  if (type === "Pod" && bound.startsWith("default")) {
    const detail = "may not be specified when `type` is 'Pod'";
    return entries.length > 0 ? [forbidden(`${path}.${bound}`, detail)] : [];
  }
  const ofContainers = type === "Pod" || type === "Container";
  return entries.flatMap(([name, amount]) => {
    const at = `${path}.${bound}[${name}]`;
    const errors = ofContainers ? validateContainerResource(name, at) : validateResource(name, at);
    if (Quantity.tryParse(amount)) return errors;
    return [...errors, invalid(at, { value: amount, detail: QUANTITY_ERROR })];
  });
}

function validateOrder(limit: Limit, path: string): FieldError[] {
  const names = new Set(BOUNDS.flatMap((bound) => Object.keys(limit[bound] ?? {})));
  return [...names].flatMap((name) => {
    const amount = (bound: Bound) => {
      const hidden = limit.type === "Pod" && bound.startsWith("default");
      const text = hidden ? undefined : limit[bound]?.[name];
      return text === undefined ? undefined : Quantity.tryParse(text);
    };
    return orderErrors({ name, path, amount });
  });
}

interface Bounds {
  readonly name: string;
  readonly path: string;
  amount(bound: Bound): Quantity | undefined;
}

/** Pairs that must not be the other way round, how messages name them, and which of them is told. */
const ORDER = [
  ["min", "max", "min", "min value", "max value"],
  ["min", "defaultRequest", "defaultRequest", "min value", "default request value"],
  ["defaultRequest", "max", "defaultRequest", "default request value", "max value"],
  ["defaultRequest", "default", "defaultRequest", "default request value", "default limit value"],
] as const;

function orderErrors(bounds: Bounds): FieldError[] {
  const { name, path, amount } = bounds;
  const errors: FieldError[] = [];
  for (const [low, high, told, lowName, highName] of ORDER) {
    const [less, more, value] = [amount(low), amount(high), amount(told)];
    if (less === undefined || more === undefined || less.compare(more) <= 0) continue;
    const detail = `${lowName} ${less} is greater than ${highName} ${more}`;
    errors.push(invalid(`${path}.${told}[${name}]`, { value, detail }));
  }
  return [...errors, ...defaultErrors(bounds), ...ratioErrors(bounds), ...equalErrors(bounds)];
}

/** The default is reported under its own name, with the value that it breaks. */
function defaultErrors({ name, path, amount }: Bounds): FieldError[] {
  const [min, max, given] = [amount("min"), amount("max"), amount("default")];
  const errors: FieldError[] = [];
  if (given && min && min.compare(given) > 0) {
    const detail = `min value ${min} is greater than default value ${given}`;
    errors.push(invalid(`${path}.default[${name}]`, { value: min, detail }));
  }
  if (given && max && given.compare(max) > 0) {
    const detail = `default value ${given} is greater than max value ${max}`;
    errors.push(invalid(`${path}.default[${name}]`, { value: max, detail }));
  }
  return errors;
}

const ONE = Quantity.parse("1");

function ratioErrors({ name, path, amount }: Bounds): FieldError[] {
  const [ratio, min, max] = [amount("maxLimitRequestRatio"), amount("min"), amount("max")];
  if (ratio === undefined) return [];
  const field = `${path}.maxLimitRequestRatio[${name}]`;
  const errors: FieldError[] = [];
  if (ratio.compare(ONE) < 0) {
    errors.push(invalid(field, { value: ratio, detail: `ratio ${ratio} is less than 1` }));
  }
  if (min === undefined || max === undefined) return errors;
  const possible = Number(max.milli) / Number(min.milli);
  if (Number(ratio.milli) / 1000 <= possible) return errors;
  const detail = `ratio ${ratio} is greater than max/min = ${possible.toFixed(6)}`;
  return [...errors, invalid(field, { value: ratio, detail })];
}

/** What cannot be overcommitted is requested as it is limited. */
function equalErrors({ name, path, amount }: Bounds): FieldError[] {
  const [given, request] = [amount("default"), amount("defaultRequest")];
  if (mayOvercommit(name) || given === undefined || request === undefined) return [];
  if (given.compare(request) === 0) return [];
  const detail = `default value ${given} must equal to defaultRequest value ${request} in ${name}`;
  return [invalid(`${path}.defaultRequest[${name}]`, { value: request, detail })];
}
