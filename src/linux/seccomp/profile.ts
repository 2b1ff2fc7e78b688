/** What becomes of a system call (libseccomp's SCMP_ACT_*; KILL is KILL_THREAD). */
export const ACTIONS = [
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_KILL_THREAD",
  "SCMP_ACT_TRAP",
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_TRACE",
  "SCMP_ACT_LOG",
  "SCMP_ACT_ALLOW",
] as const;

export type SeccompAction = (typeof ACTIONS)[number];

/** How an argument is compared. MASKED_EQ: `argument & value` with `valueTwo & value`. */
export const OPERATORS = [
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
] as const;

export type SeccompOperator = (typeof OPERATORS)[number];

/** A comparison of one argument, unsigned, 64 bits. */
export interface SeccompArgument {
  readonly index: number;
  readonly op: SeccompOperator;
  readonly value: bigint;
  readonly valueTwo: bigint;
}

/** When a rule counts. */
export interface SeccompCondition {
  /** Capabilities of the container. */
  readonly caps: readonly string[];
  /** `amd64`, `arm64`, … */
  readonly arches: readonly string[];
  /** `4.8` */
  readonly minKernel?: string;
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  /** All must hold. */
  readonly args: readonly SeccompArgument[];
  readonly includes: SeccompCondition;
  readonly excludes: SeccompCondition;
}

/** A profile in Docker's form, which is that of the OCI runtime specification with conditions. */
export interface SeccompProfile {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  /** ABIs beside the native one, `SCMP_ARCH_X86`…, by the native one. */
  readonly archMap: ReadonlyMap<string, readonly string[]>;
  /** ABIs beside the native one, whatever that is. */
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}
