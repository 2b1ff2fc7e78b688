import { type FieldError, forbidden, invalid } from "../field-error.ts";
import type { Container, Pod, PodSpec } from "../object.ts";
import { isMirror, isRestartable, qosClass } from "../pod.ts";
import { each } from "./common.ts";
import { validatePod } from "./pod.ts";

type Requirements = NonNullable<Container["resources"]>;
type Amounts = Readonly<Record<string, string>>;

const RESIZABLE = ["cpu", "memory"] as const;
const LISTS = ["initContainers", "containers"] as const;

/** Errors of a change of what a running pod and its containers may use. */
export function validatePodResize(next: Pod, current: Pod): FieldError[] {
  const impossible = reasonNot(current);
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
  errors.push(...validateWhole(now, before));
  const unordered = [
    ...validateOrder(now, before, "containers"),
    ...validateOrder(now, before, "initContainers"),
  ];
  if (unordered.length > 0) return [...errors, ...unordered];
  return [
    ...errors,
    ...LISTS.flatMap((list) =>
      each(now[list], `spec.${list}`, ({ resources = {} }, at) =>
        validateKept(resources, `${at}.resources`, resourcesAt(before[list], at)),
      ),
    ),
    ...each(now.containers, "spec.containers", (container, at) =>
      sameButResizable(container, itemAt(before.containers, at))
        ? []
        : [forbidden("spec", "only cpu and memory resources are mutable")],
    ),
    ...each(now.initContainers, "spec.initContainers", (container, at) =>
      validateInit(container, at, itemAt(before.initContainers, at)),
    ),
  ];
}

/** The item of the old list that has the index of a path. */
function itemAt(list: readonly Container[] | undefined, path: string): Container | undefined {
  const index = /\[(\d+)\]$/.exec(path)?.[1];
  return list?.[Number(index)];
}

const resourcesAt = (list: readonly Container[] | undefined, path: string): Requirements =>
  itemAt(list, path)?.resources ?? {};

function reasonNot(current: Pod): string | undefined {
  if (isMirror(current)) return "static pods cannot be resized";
  return current.spec?.os?.name === "windows" ? "windows pods cannot be resized" : undefined;
}

/** True unless a container runs of which the node does not say what it got. */
function isServed({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

/** What the pod says of itself as a whole. */
function validateWhole(next: PodSpec, current: PodSpec): FieldError[] {
  const [now, before] = [next.resources, current.resources];
  if (now === undefined) {
    const detail = "pod-level resources cannot be removed";
    return before === undefined ? [] : [forbidden("spec.resources", detail)];
  }
  const errors = (["requests", "limits"] as const)
    .filter((list) => isRemoved(now[list] ?? {}, before?.[list] ?? {}))
    .map((list) => {
      const detail = `pod-level resource ${list} cannot be removed`;
      return forbidden(`spec.resources.${list}`, detail);
    });
  if (Bun.deepEquals(fixedOf(now), fixedOf(before))) return errors;
  const detail = "only cpu and memory resources are mutable at pod-level";
  return [...errors, forbidden("spec", detail)];
}

/** Containers neither come, go nor change places. */
function validateOrder(
  next: PodSpec,
  current: PodSpec,
  list: (typeof LISTS)[number],
): FieldError[] {
  const [now = [], before = []] = [next[list], current[list]];
  if (now.length !== before.length) {
    return [forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
  }
  return each(now, `spec.${list}`, ({ name }, at) => {
    if (name === itemAt(before, at)?.name) return [];
    return [forbidden(`${at}.name`, `${list} may not be renamed or reordered on resize`)];
  });
}

function validateKept(next: Requirements, path: string, current: Requirements): FieldError[] {
  return (["requests", "limits"] as const)
    .filter((list) => isRemoved(next[list] ?? {}, current[list] ?? {}))
    .map((list) => forbidden(`${path}.${list}`, `resource ${list} cannot be removed`));
}

function isRemoved(next: Amounts, current: Amounts): boolean {
  return Object.keys(current).some((name) => next[name] === undefined);
}

function validateInit(
  container: Container,
  path: string,
  before: Container | undefined,
): FieldError[] {
  if (Bun.deepEquals(container, before)) return [];
  const errors: FieldError[] = [];
  if (!sameButResizable(container, before)) {
    const detail = "only cpu and memory resources for init or sidecar containers are mutable";
    errors.push(forbidden(path, detail));
  }
  if (isRestartable(container)) return errors;
  const restarting = (container.resizePolicy ?? []).filter(
    ({ restartPolicy }) => restartPolicy === "RestartContainer",
  );
  const detail =
    "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
  return [...errors, ...restarting.map(() => forbidden(path, detail))];
}

function sameButResizable(next: Container, current: Container | undefined): boolean {
  const { resources: now, ...rest } = next;
  const { resources: before, ...others } = current ?? {};
  return Bun.deepEquals(rest, others) && Bun.deepEquals(fixedOf(now), fixedOf(before));
}

/** The amounts that a resize leaves alone. */
function fixedOf({ limits, requests, ...rest }: Requirements = {}): Requirements {
  return { ...rest, limits: fixedAmounts(limits), requests: fixedAmounts(requests) };
}

function fixedAmounts(amounts: Amounts | undefined): Record<string, string> {
  const kept: Record<string, string> = { ...amounts };
  for (const name of RESIZABLE) delete kept[name];
  return kept;
}
