const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_HOURS = 24;
const YEAR_DAYS = 365;

function pair(big: string, [rest, unit]: readonly [number, string]): string {
  return rest === 0 ? big : `${big}${rest}${unit}`;
}

/** A length of time as kubectl prints ages: two units at most, coarser the longer: `5s`, `2m30s`, `3h`, `5d`. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / SECOND_MS);
  if (seconds < -1) return "<invalid>"; // a clock that lags by less than two seconds is forgiven
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(durationMs / MINUTE_MS);
  if (minutes < 10) return pair(`${minutes}m`, [seconds % 60, "s"]);
  if (minutes < 180) return `${minutes}m`;
  return hoursAndMore(Math.trunc(durationMs / HOUR_MS), minutes % 60);
}

function hoursAndMore(hours: number, minutes: number): string {
  if (hours < 8) return pair(`${hours}h`, [minutes, "m"]);
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / DAY_HOURS);
  if (days < 8) return pair(`${days}d`, [hours % DAY_HOURS, "h"]);
  const years = Math.trunc(days / YEAR_DAYS);
  if (years < 2) return `${days}d`;
  return years < 8 ? pair(`${years}y`, [days % YEAR_DAYS, "d"]) : `${years}y`;
}

/** How long ago an RFC 3339 time was; `<unknown>` where there is none. */
export function age(since: string | undefined, now: Date): string {
  if (since === undefined || since === "") return "<unknown>";
  const sinceMs = Date.parse(since);
  return Number.isNaN(sinceMs) ? "<unknown>" : humanDuration(now.getTime() - sinceMs);
}

/** A length of time as Go prints it, to the nanosecond: `12ms`, `1.234s`, `1h0m5s`. */
export function goDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  if (durationMs < 0.001) return `${Math.round(durationMs * 1_000_000)}ns`;
  if (durationMs < 1) return `${Number((durationMs * 1000).toFixed(3))}µs`;
  if (durationMs < SECOND_MS) return `${Number(durationMs.toFixed(6))}ms`;
  const seconds = `${Number(((durationMs % MINUTE_MS) / SECOND_MS).toFixed(9))}s`;
  const minutes = Math.trunc(durationMs / MINUTE_MS);
  if (minutes < 60) return minutes === 0 ? seconds : `${minutes}m${seconds}`;
  return `${Math.trunc(minutes / 60)}h${minutes % 60}m${seconds}`;
}
