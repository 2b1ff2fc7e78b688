interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAYS = "sun mon tue wed thu fri sat".split(" ");

/** Minute, hour, day of month, month, day of week. */
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

const DESCRIPTORS: readonly string[] = [
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@midnight",
  "@hourly",
];

const EVERY = "@every ";
const DURATION = /^[+-]?((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/;
const UNIT = /^[+-]?(\d+\.?\d*|\.\d+)/;

class ScheduleError extends Error {}

/** What is wrong with a schedule in the words of `robfig/cron`; undefined where nothing is. */
export function scheduleError(schedule: string): string | undefined {
  try {
    checkSchedule(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}

/** True for a zone by its name, as Go knows it: also `UTC`, `Local`, and nothing at all. */
export function isKnownZone(timeZone: string): boolean {
  if (timeZone === "" || timeZone === "Local") return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).format(0) !== "";
  } catch {
    return false;
  }
}

/** A schedule without the zone that it may begin with. */
function withoutZone(schedule: string): string {
  if (!/^(CRON_)?TZ=/.test(schedule)) return schedule;
  const [start, end] = [schedule.indexOf("=") + 1, schedule.indexOf(" ")];
  if (end < start) {
    const bounds = end < 0 ? `:${end}` : `${start}:${end}`;
    throw new ScheduleError(
      `invalid schedule format: runtime error: slice bounds out of range [${bounds}]`,
    );
  }
  const zone = schedule.slice(start, end);
  if (!isKnownZone(zone)) {
    throw new ScheduleError(`provided bad location ${zone}: unknown time zone ${zone}`);
  }
  return schedule.slice(end).trim();
}

function checkSchedule(schedule: string): void {
  if (schedule === "") throw new ScheduleError("empty spec string");
  const spec = withoutZone(schedule);
  if (spec.startsWith("@")) return checkDescriptor(spec);
  const fields = spec.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== FIELDS.length) {
    throw new ScheduleError(
      `expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(" ")}]`,
    );
  }
  for (const [index, bounds] of FIELDS.entries()) {
    const parts = (fields[index] ?? "").split(",").filter((part) => part !== "");
    for (const part of parts) checkRange(part, bounds);
  }
}

function checkDescriptor(spec: string): void {
  if (DESCRIPTORS.includes(spec)) return;
  if (!spec.startsWith(EVERY)) throw new ScheduleError(`unrecognized descriptor: ${spec}`);
  const duration = spec.slice(EVERY.length);
  if (DURATION.test(duration) || duration === "0") return;
  const why = UNIT.test(duration) && /^[+-]?[\d.]+$/.test(duration) ? "missing unit in" : "invalid";
  throw new ScheduleError(
    `failed to parse duration ${spec}: time: ${why} duration ${JSON.stringify(duration)}`,
  );
}

/** `*`, `?`, `3`, `1-5`, each perhaps with `/step`. */
function checkRange(text: string, bounds: Bounds): void {
  const [range = "", step, ...moreSteps] = text.split("/");
  const [low = "", high, ...moreEnds] = range.split("-");
  let [start, end] = [bounds.min, bounds.max];
  if (low !== "*" && low !== "?") {
    start = numberOrName(low, bounds);
    if (moreEnds.length > 0) throw new ScheduleError(`too many hyphens: ${text}`);
    end = high === undefined ? start : numberOrName(high, bounds);
  }
  if (moreSteps.length > 0) throw new ScheduleError(`too many slashes: ${text}`);
  const stride = step === undefined ? 1 : wholeNumber(step);
  if (step !== undefined && high === undefined) end = bounds.max;
  if (start < bounds.min) {
    throw new ScheduleError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  }
  if (end > bounds.max) {
    throw new ScheduleError(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  }
  if (start > end) {
    throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  }
  if (stride === 0) {
    throw new ScheduleError(`step of range should be a positive number: ${text}`);
  }
}

function numberOrName(text: string, { names = [], min }: Bounds): number {
  const index = names.indexOf(text.toLowerCase());
  return index < 0 ? wholeNumber(text) : index + min;
}

function wholeNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    const why = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw new ScheduleError(`failed to parse int from ${text}: ${why}`);
  }
  const number = Number(text);
  if (number < 0) throw new ScheduleError(`negative number (${number}) not allowed: ${text}`);
  return number;
}
