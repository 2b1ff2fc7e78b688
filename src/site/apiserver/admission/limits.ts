import { type Amounts, amountsOf } from "#api/amounts.ts";
import type { LimitRange } from "#api/object.ts";
import { Quantity } from "#api/quantity.ts";

export type Limit = NonNullable<LimitRange["spec"]>["limits"][number];

/** What one container, pod or claim asks for. */
export interface Asked {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** What a limit says against it, in Kubernetes' words. */
export function violations(limit: Limit, asked: Asked): string[] {
  return [
    ...each(limit.min, (bound) => belowMin(limit, { ...asked, ...bound })),
    ...each(limit.max, (bound) => aboveMax(limit, { ...asked, ...bound })),
    ...each(limit.maxLimitRequestRatio, (bound) => aboveRatio(limit, { ...asked, ...bound })),
  ];
}

/** The same for claims, which know no limits of their own. */
export function claimViolations(limit: Limit, requests: Amounts): string[] {
  return [
    ...each(limit.min, (bound) => belowMin(limit, { requests, limits: new Map(), ...bound })),
    ...each(limit.max, ({ name, bound }) => {
      const head = `maximum ${name} usage per ${limit.type} is ${bound}`;
      const request = requests.get(name);
      if (request === undefined) return `${head}.  No request is specified`;
      return request.compare(bound) > 0 ? `${head}, but request is ${request}` : undefined;
    }),
  ];
}

interface Bound {
  readonly name: string;
  readonly bound: Quantity;
}

function each(
  bounds: Readonly<Record<string, string>> | undefined,
  check: (bound: Bound) => string | undefined,
): string[] {
  return [...amountsOf(bounds)].flatMap(([name, bound]) => check({ name, bound }) ?? []);
}

function belowMin({ type }: Limit, { requests, limits, name, bound }: Asked & Bound) {
  const head = `minimum ${name} usage per ${type} is ${bound}`;
  const request = requests.get(name);
  const limit = limits.get(name);
  if (request === undefined) return `${head}.  No request is specified`;
  if (request.compare(bound) < 0) return `${head}, but request is ${request}`;
  if (limit !== undefined && limit.compare(bound) < 0) return `${head}, but limit is ${limit}`;
  return undefined;
}

function aboveMax({ type }: Limit, { requests, limits, name, bound }: Asked & Bound) {
  const head = `maximum ${name} usage per ${type} is ${bound}`;
  const request = requests.get(name);
  const limit = limits.get(name);
  if (limit === undefined) return `${head}.  No limit is specified`;
  if (limit.compare(bound) > 0) return `${head}, but limit is ${limit}`;
  if (request !== undefined && request.compare(bound) > 0)
    return `${head}, but request is ${request}`;
  return undefined;
}

const RATIO_DIGITS = 6;

function aboveRatio({ type }: Limit, { requests, limits, name, bound }: Asked & Bound) {
  const head = `${name} max limit to request ratio per ${type} is ${bound}`;
  const request = milli(requests.get(name));
  const limit = milli(limits.get(name));
  if (request === 0) return `${head}, but no request is specified or request is 0`;
  if (limit === 0) return `${head}, but no limit is specified or limit is 0`;
  const ratio = limit / request;
  if (ratio * 1000 <= milli(bound)) return undefined;
  return `${head}, but provided ratio is ${ratio.toFixed(RATIO_DIGITS)}`;
}

function milli(amount: Quantity = Quantity.zero): number {
  return Number(amount.milli);
}
