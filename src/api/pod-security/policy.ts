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

/**
 * Reads the labels. What they say wrong is told: it enforces the strictest, and neither warns nor
 * is audited.
 */
export function policyOf(labels: Labels = {}): { policy: Policy; errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const enforce = modeOf(labels, { mode: "enforce", otherwise: "restricted" }, errors);
  const audit = modeOf(labels, { mode: "audit", otherwise: "privileged" }, errors);
  const warn = modeOf(labels, { mode: "warn", otherwise: "privileged" }, errors);
  return { policy: { enforce, audit, warn: warned(labels, { enforce, warn }) }, errors };
}

/** Who is refused is also warned: workloads are not refused, their pods will be. */
function warned(labels: Labels, { enforce, warn }: Pick<Policy, "enforce" | "warn">): LevelVersion {
  const isKnown = labels[`${PREFIX}enforce`] === enforce.level;
  if (labels[`${PREFIX}warn`] !== undefined || !isKnown || !isStricter(enforce, warn)) return warn;
  const hasOwnVersion = labels[`${PREFIX}warn-version`] !== undefined;
  return { level: enforce.level, minor: hasOwnVersion ? warn.minor : enforce.minor };
}

/** `restricted:latest`, `baseline:v1.30` */
export function policyText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === LATEST ? "latest" : `v1.${minor}`}`;
}

/** True where `a` asks for more than `b`. */
export function isStricter(a: LevelVersion, b: LevelVersion): boolean {
  return LEVELS.indexOf(a.level) > LEVELS.indexOf(b.level);
}

interface Mode {
  readonly mode: "enforce" | "audit" | "warn";
  /** The level where the label names none that there is. */
  readonly otherwise: Level;
}

function modeOf(labels: Labels, mode: Mode, errors: FieldError[]): LevelVersion {
  return {
    level: levelOf(labels, mode, errors),
    minor: minorOf(labels, `${PREFIX}${mode.mode}-version`, errors),
  };
}

function levelOf(labels: Labels, { mode, otherwise }: Mode, errors: FieldError[]): Level {
  const label = `${PREFIX}${mode}`;
  const value = labels[label];
  if (value === undefined) return "privileged";
  const level = LEVELS.find((one) => one === value);
  if (level !== undefined) return level;
  const detail = `must be one of ${LEVELS.join(", ")}`;
  errors.push(invalid(`metadata.labels[${label}]`, { value, detail }));
  return otherwise;
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
