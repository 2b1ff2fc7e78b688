/**
 * Time as the site sees it. `now` is the wall clock (for stamps in objects, may be 1970 or step);
 * `monotonicMs` never steps and is the only one that timeouts, TTLs and leases may use.
 */
export interface Clock {
  now(): Date;
  monotonicMs(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};

/** RFC 3339 in whole seconds, as Kubernetes' `metav1.Time` prints it. */
export function rfc3339(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with microseconds, as Kubernetes' `metav1.MicroTime` prints it. */
export function rfc3339Micro(date: Date): string {
  return `${date.toISOString().slice(0, 23)}000Z`;
}
