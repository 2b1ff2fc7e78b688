import type { Container, ContainerStatus, Pod } from "#api/object.ts";
import { isRestartable } from "#api/pod.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { RuntimeContainer } from "../runtime/types.ts";
import { type Observed, reportedStatus } from "./observed.ts";

/** Why a container does not run yet, in kubelet's words. */
export interface Waiting {
  readonly reason: string;
  readonly message?: string;
}

/** What is known of a pod's containers beside what the runtime says. */
export interface ContainerFacts {
  readonly pod: Pod;
  readonly observed: Observed;
  /** The runtime's name, the scheme of container IDs. */
  readonly scheme: string;
  readonly waiting: (name: string) => Waiting | undefined;
  readonly started: (container: RuntimeContainer) => boolean;
  readonly ready: (container: RuntimeContainer) => boolean;
  readonly terminationMessage: (container: RuntimeContainer) => string | undefined;
  /** The image's digest in a registry, where it came from one. */
  readonly imageDigest: (imageId: string) => string | undefined;
  /** The pod's containers will not run again. */
  readonly ending: boolean;
}

type State = NonNullable<ContainerStatus["state"]>;

/** The status of one container as kubelet reports it. */
export function containerStatus(facts: ContainerFacts, container: Container): ContainerStatus {
  const { name, image = "" } = container;
  const attempts = facts.observed.containers.filter(
    (one) => one.name === name && one.state !== "created",
  );
  const [newest, previous] = attempts;
  const before = reportedStatus(facts.pod, name);
  const waiting = newest?.state === "running" ? undefined : facts.waiting(name);
  // What ended stays ended in the status when the container itself has been removed.
  if (!newest && !waiting && before?.state?.terminated) return before;
  if (!newest || waiting) {
    const lastState = newest ? stateOf(facts, newest) : (before?.lastState ?? {});
    const reason = { reason: defaultReason(facts.pod, container) };
    return {
      ...notRunning(container, newest?.attempt ?? before?.restartCount ?? 0),
      state: { waiting: { ...(waiting ?? reason) } },
      lastState,
      ...(newest && { imageID: imageId(facts, newest), containerID: idOf(facts, newest) }),
    };
  }
  const running = newest.state === "running";
  const started = running && facts.started(newest);
  return {
    name,
    image,
    imageID: imageId(facts, newest),
    containerID: idOf(facts, newest),
    restartCount: newest.attempt,
    state: stateOf(facts, newest),
    lastState: previous ? stateOf(facts, previous) : keptLastState(before, newest, facts),
    started,
    ready: running ? started && facts.ready(newest) : completedInit(facts.pod, newest),
  };
}

/** The status of a container that serves nobody and has no probes: it is never ready. */
export function guestStatus(facts: ContainerFacts, guest: Container): ContainerStatus {
  const { started: _, ...status } = containerStatus(facts, guest);
  return { ...status, ready: false };
}

/** The identity of a container as the API writes it: `docker://<id>`. */
export function idOf({ scheme }: Pick<ContainerFacts, "scheme">, { id }: RuntimeContainer): string {
  return `${scheme}://${id}`;
}

function stateOf(facts: ContainerFacts, container: RuntimeContainer): State {
  const { startedAt, finishedAt, createdAt } = container;
  if (container.state === "running") {
    return { running: { startedAt: rfc3339(startedAt ?? createdAt) } };
  }
  const message = facts.terminationMessage(container);
  return {
    terminated: {
      exitCode: container.exitCode,
      reason: terminatedReason(container),
      ...(message !== undefined && message !== "" && { message }),
      startedAt: rfc3339(startedAt ?? createdAt),
      finishedAt: rfc3339(finishedAt ?? createdAt),
      containerID: idOf(facts, container),
    },
  };
}

function terminatedReason({ oomKilled, error, exitCode }: RuntimeContainer): string {
  if (oomKilled) return "OOMKilled";
  if (error !== undefined) return "ContainerCannotRun";
  return exitCode === 0 ? "Completed" : "Error";
}

function notRunning({ name, image = "" }: Container, restartCount: number): ContainerStatus {
  return { name, image, imageID: "", restartCount, ready: false, started: false };
}

/** Before its first start a container waits for its own turn, or for the init containers'. */
function defaultReason(pod: Pod, { name }: Container): string {
  const initContainers = pod.spec?.initContainers ?? [];
  const isInit = initContainers.some((init) => init.name === name);
  return initContainers.length > 0 && !(isInit && initContainers[0]?.name === name)
    ? "PodInitializing"
    : "ContainerCreating";
}

/** The last state outlives the container that had it, as long as its successor is the same. */
function keptLastState(
  before: ContainerStatus | undefined,
  newest: RuntimeContainer,
  facts: ContainerFacts,
): State {
  return before?.containerID === idOf(facts, newest) ? (before.lastState ?? {}) : {};
}

/** An init container that did its work is ready. */
function completedInit({ spec }: Pod, { name, exitCode }: RuntimeContainer): boolean {
  const init = spec?.initContainers?.find((one) => one.name === name);
  return init !== undefined && !isRestartable(init) && exitCode === 0;
}

function imageId({ scheme, imageDigest }: ContainerFacts, { imageId: id }: RuntimeContainer) {
  const digest = imageDigest(id);
  return digest?.includes("@") ? `${scheme}-pullable://${digest}` : `${scheme}://${id}`;
}
