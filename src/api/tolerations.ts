import type { Node, PodSpec } from "./object.ts";

export type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];
export type Toleration = NonNullable<PodSpec["tolerations"]>[number];

/** True when the toleration speaks of that taint (`k8s.io/component-helpers`, `ToleratesTaint`). */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = "", operator = "Equal", value = "", effect = "" } = toleration;
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  if (operator === "Exists") return true;
  return operator === "Equal" && key !== "" && value === (taint.value ?? "");
}

export function isTolerated(taint: Taint, tolerations: readonly Toleration[] = []): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint));
}

/** Both lists as one, without those that another one covers (`pkg/util/tolerations`). */
export function mergeTolerations(
  first: readonly Toleration[],
  second: readonly Toleration[],
): Toleration[] {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  for (const [index, one] of all.entries()) {
    const later = all.slice(index + 1).filter((other) => !Bun.deepEquals(other, one));
    if (![...merged, ...later].some((other) => covers(other, one))) merged.push(one);
  }
  return merged;
}

/** True where everything that `one` tolerates is tolerated by `all` too. */
function covers(all: Toleration, one: Toleration): boolean {
  if (Bun.deepEquals(all, one)) return true;
  const { key = "", operator = "Equal", effect = "" } = all;
  const everyKey = key === "" && operator === "Exists";
  if (!everyKey && (one.key ?? "") !== key) return false;
  if (effect !== "" && (one.effect ?? "") !== effect) return false;
  if (effect === "NoExecute" && secondsOf(one) > secondsOf(all)) return false;
  if (operator === "Exists") return true;
  return (one.operator ?? "Equal") === "Equal" && (one.value ?? "") === (all.value ?? "");
}

function secondsOf({ tolerationSeconds = Number.POSITIVE_INFINITY }: Toleration): number {
  return tolerationSeconds;
}
