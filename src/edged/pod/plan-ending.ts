import { isRestartable } from "#api/pod.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import { type Action, containerKey, isStart, SANDBOX_KEY, stop } from "./action.ts";
import type { Ending, PlanInput } from "./plan-input.ts";

/**
 * How a pod ends: containers first, then its sidecars from the last to the first, then the sandbox,
 * and of a pod that is removed the dead containers too.
 */
export function planEnding({ observed, pod, busy }: PlanInput, ending: Ending): Action[] {
  const running = observed.containers.filter(({ state }) => state === "running");
  if (running.length > 0) return stopNext(running, sidecarNames(pod), ending);
  // A container that is just being started would come to life behind our back.
  if ([...busy].some((key) => isStart(key) || key === SANDBOX_KEY)) return [];
  const [sandbox] = observed.sandboxes;
  if (sandbox) return [{ kind: "removeSandbox", key: SANDBOX_KEY, id: sandbox.id }];
  if (!ending.removed) return [];
  if (observed.containers.length === 0) return [{ kind: "finish", key: "finish" }];
  return observed.containers.map(({ id }) => ({
    kind: "removeContainer",
    key: containerKey(id),
    id,
  }));
}

function sidecarNames(pod: PlanInput["pod"]): readonly string[] {
  return (pod.spec?.initContainers ?? []).filter(isRestartable).map(({ name }) => name);
}

function stopNext(
  running: readonly RuntimeContainer[],
  sidecars: readonly string[],
  { graceMs }: Ending,
): Action[] {
  const end = (container: RuntimeContainer): Action =>
    stop(container, graceMs, `Stopping container ${container.name}`);
  const served = running.filter(({ name }) => !sidecars.includes(name));
  if (served.length > 0) return served.map(end);
  const last = running.toSorted((a, b) => sidecars.indexOf(b.name) - sidecars.indexOf(a.name))[0];
  return last ? [end(last)] : [];
}
