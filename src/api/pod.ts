import type { Container, Pod, PodCondition, PodSpec, ServicePort } from "./object.ts";
import { Quantity } from "./quantity.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** The condition of one type, if the pod has it. */
export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** True where the pod may receive traffic. */
export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** True where the pod has ended for good: its containers will not run again. */
export function isTerminal(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase === "Succeeded" || phase === "Failed";
}

/** True where a controller counts the pod as one of its own: neither ended nor being deleted. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata?.deletionTimestamp === undefined;
}

/** The annotation that makes a pod a mirror of what its node runs by itself. */
export const MIRROR = "kubernetes.io/config.mirror";

/** The annotation that says how much a pod is missed where one of many has to go. */
export const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

/** True for a pod that a node has of itself, of which the API shows but an image. */
export function isMirror(pod: Pod): boolean {
  return pod.metadata?.annotations?.[MIRROR] !== undefined;
}

/** True for an init container that runs beside the others: a sidecar. */
export function isRestartable(container: Container): boolean {
  return container.restartPolicy === "Always";
}

const QOS_RESOURCES = ["cpu", "memory"] as const;
type Amounts = Readonly<Record<string, string>>;

/** How the node treats a pod under pressure, by what its containers ask for. */
export function qosClass({ spec }: Pod): QosClass {
  const ofPod = spec?.resources;
  const parts = ofPod ? [ofPod] : allContainers(spec).map(({ resources }) => resources ?? {});
  const limited = parts.every(({ limits = {} }) =>
    QOS_RESOURCES.every((name) => isSet(limits, name)),
  );
  const same = parts.every(({ limits = {}, requests = limits }) =>
    QOS_RESOURCES.every((name) => isSame(requests[name], limits[name])),
  );
  if (parts.length > 0 && limited && same) return "Guaranteed";
  const none = parts.every(({ limits = {}, requests = {} }) =>
    QOS_RESOURCES.every((name) => !(isSet(limits, name) || isSet(requests, name))),
  );
  return none ? "BestEffort" : "Burstable";
}

function isSame(left: string | undefined, right: string | undefined): boolean {
  if (left === right) return true;
  return quantityOf(left).compare(quantityOf(right)) === 0;
}

function quantityOf(text = "0"): Quantity {
  return Quantity.tryParse(text) ?? Quantity.zero;
}

const isSet = (amounts: Amounts, name: string) =>
  amounts[name] !== undefined && quantityOf(amounts[name]).compare(Quantity.zero) > 0;

/** Init containers and containers, in the order in which they start. */
export function allContainers(spec: PodSpec | undefined): readonly Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** The containers that somebody put into a pod while it ran, such as `kubectl debug`. */
export function guestsOf(spec: PodSpec | undefined): readonly Guest[] {
  return spec?.ephemeralContainers ?? [];
}

export type Guest = NonNullable<PodSpec["ephemeralContainers"]>[number];

/** All containers that a spec at `path` has, and where: as they start, and then its guests. */
export function containersAt(
  spec: PodSpec,
  path: string,
): (readonly [container: Container, path: string])[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((field) =>
    (spec[field] ?? []).map(
      (container, index) => [container, `${path}.${field}[${index}]`] as const,
    ),
  );
}

/** The number of a container's port by its name, among containers and sidecars. */
export function namedPort(
  pod: Pod,
  { name, protocol = "TCP" }: { name: string; protocol?: string },
): number | undefined {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const ports = [...containers, ...initContainers.filter(isRestartable)].flatMap(
    (container) => container.ports ?? [],
  );
  return ports.find((port) => port.name === name && (port.protocol ?? "TCP") === protocol)
    ?.containerPort;
}

/** The port of the pod that a Service's port leads to, or undefined where the pod has none of that name. */
export function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target;
  const { protocol } = port;
  return namedPort(pod, { name: target, ...(protocol !== undefined && { protocol }) });
}
