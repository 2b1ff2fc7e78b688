import * as baseline from "./baseline.ts";
import type { Check, CheckedPod, Violation } from "./check.ts";
import type { LevelVersion } from "./policy.ts";
import * as restricted from "./restricted.ts";

interface Rule {
  readonly check: Check;
  /** The first minor version of Kubernetes that has it. */
  readonly since: number;
  /** The first one where the restricted level says the same, and more. */
  readonly overruledSince?: number;
}

/** In the order in which violations are told. */
const BASELINE: readonly Rule[] = [
  { check: baseline.appArmorProfile, since: 0 },
  { check: baseline.capabilities, since: 0, overruledSince: 22 },
  { check: baseline.hostNamespaces, since: 0 },
  { check: baseline.hostPathVolumes, since: 0, overruledSince: 0 },
  { check: baseline.hostPorts, since: 0 },
  { check: baseline.hostProbes, since: 34 },
  { check: baseline.privileged, since: 0 },
  { check: baseline.procMountBaseline, since: 0, overruledSince: 35 },
  { check: baseline.seLinuxOptions, since: 0 },
  { check: baseline.seccompProfile, since: 0, overruledSince: 19 },
  { check: baseline.sysctls, since: 0 },
  { check: baseline.windowsHostProcess, since: 0 },
];

const RESTRICTED: readonly Rule[] = [
  { check: restricted.allowPrivilegeEscalation, since: 8 },
  { check: restricted.restrictedCapabilities, since: 22 },
  { check: baseline.procMount, since: 35 },
  { check: restricted.restrictedVolumes, since: 0 },
  { check: restricted.runAsNonRoot, since: 0 },
  { check: restricted.runAsUser, since: 23 },
  { check: restricted.restrictedSeccompProfile, since: 19 },
];

/** What keeps a pod from being of a level, as the standards of a version have it. */
export function violations(pod: CheckedPod, { level, minor }: LevelVersion): readonly Violation[] {
  if (level === "privileged") return [];
  const isRestricted = level === "restricted";
  const rules = BASELINE.filter(
    ({ overruledSince }) => !isRestricted || overruledSince === undefined || minor < overruledSince,
  );
  return [...rules, ...(isRestricted ? RESTRICTED : [])]
    .filter(({ since }) => minor >= since)
    .flatMap(({ check }) => check(pod, minor) ?? []);
}
