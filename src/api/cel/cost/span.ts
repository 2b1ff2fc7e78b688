/** The least and the most that something may be: a size in characters, bytes or elements, or a cost. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

/** A size that nothing bounds. */
export const UNKNOWN: Span = { min: 0, max: Number.POSITIVE_INFINITY };
export const NOTHING: Span = { min: 0, max: 0 };
export const ONE: Span = { min: 1, max: 1 };

export const exactly = (count: number): Span => ({ min: count, max: count });

export function plus(...spans: readonly Span[]): Span {
  let { min, max } = NOTHING;
  for (const span of spans) {
    min += span.min;
    max += span.max;
  }
  return { min, max };
}

export const times = (a: Span, b: Span): Span => ({
  min: product(a.min, b.min),
  max: product(a.max, b.max),
});

/** Each end times a factor, rounded up. */
export const scaled = ({ min, max }: Span, factor: number): Span => ({
  min: Math.ceil(product(min, factor)),
  max: Math.ceil(product(max, factor)),
});

/** What holds both. */
export const union = (a: Span, b: Span): Span => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
});

/** Nothing of what has no bound is nothing. */
export const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);
