import { type FieldError, invalid } from "../field-error.ts";

const LEVELS = ["privileged", "baseline", "restricted"] as const;
export type Level = (typeof LEVELS)[number];

/** A level of the Pod Security Standards, of one version of Kubernetes. */
export interface LevelVersion {
  readonly level: Level;
  /** Infinite for the latest. */
  readonly minor: number;
}

/** What the labels of a namespace ask of its pods. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const PREFIX = "pod-security.kubernetes.io/";
const LATEST = Number.POSITIVE_INFINITY;
const VERSION = /^v1\.(0|[1-9]\d*)$/;

type Labels = Readonly<Record<string, string>>;

/** Reads the labels; what they say wrong counts as the strictest, and is told. */
export function policyOf(labels: Labels = {}): { policy: Policy; errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const enforce = modeOf(labels, "enforce", errors);
  const audit = modeOf(labels, "audit", errors);
  const warn = modeOf(labels, "warn", errors);
  const isWarned = labels[`${PREFIX}warn`] !== undefined;
  const isStricter = LEVELS.indexOf(enforce.level) > LEVELS.indexOf(warn.level);
  // Who is refused is also warned: workloads are not refused, their pods will be.
  const follows = !isWarned && isStricter && errors.length === 0;
  return { policy: { enforce, audit, warn: follows ? enforce : warn }, errors };
}

/** `restricted:latest`, `baseline:v1.30` */
export function policyText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === LATEST ? "latest" : `v1.${minor}`}`;
}

/** True where `a` asks for more than `b`. */
export function isStricter(a: LevelVersion, b: LevelVersion): boolean {
  return LEVELS.indexOf(a.level) > LEVELS.indexOf(b.level);
}

function modeOf(labels: Labels, mode: string, errors: FieldError[]): LevelVersion {
  return {
    level: levelOf(labels, `${PREFIX}${mode}`, errors),
    minor: minorOf(labels, `${PREFIX}${mode}-version`, errors),
  };
}

function levelOf(labels: Labels, label: string, errors: FieldError[]): Level {
  const value = labels[label];
  if (value === undefined) return "privileged";
  const level = LEVELS.find((one) => one === value);
  if (level !== undefined) return level;
  const detail = `must be one of ${LEVELS.join(", ")}`;
  errors.push(invalid(`metadata.labels[${label}]`, { value, detail }));
  return "restricted";
}

function minorOf(labels: Labels, label: string, errors: FieldError[]): number {
  const value = labels[label];
  if (value === undefined || value === "latest") return LATEST;
  const [, minor] = VERSION.exec(value) ?? [];
  if (minor !== undefined) return Number(minor);
  const detail = 'must be "latest" or "v1.x"';
  errors.push(invalid(`metadata.labels[${label}]`, { value, detail }));
  return LATEST;
}
