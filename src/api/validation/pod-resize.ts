import { type FieldError, forbidden, invalid } from "../field-error.ts";
import type { Container, Pod, PodSpec } from "../object.ts";
import { isMirror, isRestartable, qosClass } from "../pod.ts";
import { Quantity } from "../quantity.ts";
import { each } from "./common.ts";
import { validatePod } from "./pod.ts";

type Requirements = NonNullable<Container["resources"]>;
type Amounts = Readonly<Record<string, string>>;

const RESIZABLE = ["cpu", "memory"] as const;

/** Errors of a change of what a running pod's containers may use. */
export function validatePodResize(next: Pod, current: Pod): FieldError[] {
  const impossible = reasonNot(next, current);
  if (impossible !== undefined) return [forbidden("", impossible)];
  const [now, before] = [next.spec ?? { containers: [] }, current.spec ?? { containers: [] }];
  const errors = validatePod(next);
  if ((current.status?.qosClass ?? qosClass(current)) !== qosClass(next)) {
    const value = next.status?.qosClass ?? "";
    const detail = "Pod QOS Class may not change as a result of resizing";
    errors.push(invalid("spec", { value, detail }));
  }
  if (!isServed(current)) {
    errors.push(forbidden("spec", "Pod running on node without support for resize"));
  }
  return [
    ...errors,
    ...each(now.initContainers, "spec.initContainers", (container, at) =>
      isRestartable(container) ? validateChange(container, at, before.initContainers ?? []) : [],
    ),
    ...each(now.containers, "spec.containers", (container, at) =>
      validateChange(container, at, before.containers),
    ),
    ...validateMutable(now, before),
  ];
}

function reasonNot({ spec }: Pod, current: Pod): string | undefined {
  const before = current.spec;
  if (isMirror(current)) return "static pods cannot be resized";
  if (before?.os?.name === "windows") return "windows pods cannot be resized";
  const ofPods = [before, spec].flatMap((one) => [
    one?.resources?.limits,
    one?.resources?.requests,
  ]);
  const isSet = ofPods.some((amounts = {}) => Object.keys(amounts).length > 0);
  return isSet ? "pods with pod-level resources cannot be resized" : undefined;
}

/** True unless a container runs of which the node does not say what it got. */
function isServed({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function validateChange(
  container: Container,
  path: string,
  before: readonly Container[],
): FieldError[] {
  const current = before.find(({ name }) => name === container.name)?.resources ?? {};
  const { resources = {}, resizePolicy = [] } = container;
  const at = `${path}.resources`;
  const policy = resizePolicy.find(({ resourceName }) => resourceName === "memory")?.restartPolicy;
  return [
    ...(["requests", "limits"] as const)
      .filter((list) => isRemoved(resources[list] ?? {}, current[list] ?? {}))
      .map((list) => forbidden(`${at}.${list}`, `resource ${list} cannot be removed`)),
    ...(policy === "RestartContainer" ? [] : validateMemory(resources, current, at)),
  ];
}

function isRemoved(next: Amounts, current: Amounts): boolean {
  return Object.keys(current).some((name) => next[name] === undefined);
}

/** Memory is not taken from a container that is not restarted. */
function validateMemory(next: Requirements, current: Requirements, path: string): FieldError[] {
  const [now, before] = [next.limits?.["memory"], current.limits?.["memory"]];
  if (now === undefined) return [];
  const at = `${path}.limits[memory]`;
  if (before === undefined) {
    return [forbidden(at, "memory limits cannot be added unless resizePolicy is RestartContainer")];
  }
  const [amount, old] = [Quantity.tryParse(now), Quantity.tryParse(before)];
  if (amount === undefined || old === undefined || amount.compare(old) >= 0) return [];
  const detail = "memory limits cannot be decreased unless resizePolicy is RestartContainer";
  return [forbidden(at, detail)];
}

function validateMutable(next: PodSpec, current: PodSpec): FieldError[] {
  return [
    ...next.containers.flatMap((container, index) =>
      sameButResizable(container, current.containers[index])
        ? []
        : [forbidden("spec", "only cpu and memory resources are mutable")],
    ),
    ...(next.initContainers ?? []).flatMap((container, index) => {
      const before = current.initContainers?.[index];
      if (!isRestartable(container)) {
        const detail = "resources for non-sidecar init containers are immutable";
        return Bun.deepEquals(container, before) ? [] : [forbidden("spec", detail)];
      }
      const detail = "only cpu and memory resources for sidecar containers are mutable";
      return sameButResizable(container, before) ? [] : [forbidden("spec", detail)];
    }),
  ];
}

function sameButResizable(next: Container, current: Container | undefined): boolean {
  return Bun.deepEquals(fixedResources(next), fixedResources(current));
}

/** The amounts of a container that a resize leaves alone. */
function fixedResources(container: Container | undefined): Requirements {
  const { limits, requests, ...rest } = container?.resources ?? {};
  return { ...rest, limits: fixedAmounts(limits), requests: fixedAmounts(requests) };
}

function fixedAmounts(amounts: Amounts | undefined): Record<string, string> {
  const kept: Record<string, string> = { ...amounts };
  for (const name of RESIZABLE) delete kept[name];
  return kept;
}
