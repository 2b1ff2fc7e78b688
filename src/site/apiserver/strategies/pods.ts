import {
  addDefaultTolerations,
  setDefaultPriority,
  setDefaultServiceAccount,
} from "#api/defaults/pod.ts";
import type { KubeObject, Pod } from "#api/object.ts";
import { isTerminal } from "#api/pod.ts";
import { PODS } from "#api/resources.ts";
import { badRequest, conflict } from "#api/status.ts";
import type { DeleteOptions } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Admission } from "../admission.ts";
import { cloneJson } from "../json.ts";
import type { Action, Strategy } from "../strategy.ts";

const DEFAULT_GRACE_SECONDS = 30;
/** Pods: what admission adds, what the scheduler and evictions do to them, how they go. */
export const pods: Strategy<Pod> = {
  prepareCreate(pod) {
    setDefaultServiceAccount(pod);
    setDefaultPriority(pod);
    addDefaultTolerations(pod);
  },
  graceSeconds(pod, requested) {
    const { spec } = pod;
    if (!spec?.nodeName || isTerminal(pod)) return 0;
    const seconds = requested ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    return seconds < 0 ? 1 : seconds;
  },
  actions: { binding: bind(), eviction: evict() },
};

/** `pods/binding`: the scheduler's word, given once. */
function bind(): Action<Pod> {
  return {
    apply(current, body, { now }: Admission) {
      const node = nodeOf(body);
      const name = current.metadata?.name ?? "";
      const subject = { resource: { ...PODS, plural: "pods/binding" }, name };
      if (current.metadata?.deletionTimestamp !== undefined) {
        throw conflict(subject, `pod ${name} is being deleted, cannot be assigned to a host`);
      }
      if (current.spec?.nodeName) {
        throw conflict(
          subject,
          `pod ${name} is already assigned to node "${current.spec.nodeName}"`,
        );
      }
      const next = cloneJson(current);
      if (next.spec) next.spec.nodeName = node;
      const { annotations } = body.metadata ?? {};
      if (annotations) {
        next.metadata = {
          ...next.metadata,
          annotations: { ...next.metadata?.annotations, ...annotations },
        };
      }
      const conditions = (next.status?.conditions ?? []).filter(
        ({ type }) => type !== "PodScheduled",
      );
      conditions.push({ type: "PodScheduled", status: "True", lastTransitionTime: rfc3339(now) });
      next.status = { ...next.status, conditions };
      return next;
    },
  };
}

function nodeOf(body: KubeObject): string {
  const target = "target" in body ? body.target : undefined;
  const { kind, name } =
    typeof target === "object" && target !== null
      ? { kind: "", name: "", ...target }
      : { kind: "", name: "" };
  if (kind !== "" && kind !== "Node") throw badRequest(`invalid target kind: ${String(kind)}`);
  if (typeof name !== "string" || name === "") throw badRequest("target.name is required");
  return name;
}

/** `pods/eviction`: a delete that disruption budgets may refuse; there are none yet. */
function evict(): Action<Pod> {
  return {
    apply(_current, body) {
      const options: DeleteOptions = { ...readDeleteOptions(body) };
      return { delete: options };
    },
  };
}

function readDeleteOptions(body: KubeObject): DeleteOptions {
  const value = "deleteOptions" in body ? body.deleteOptions : undefined;
  if (typeof value !== "object" || value === null) return {};
  const seconds = "gracePeriodSeconds" in value ? value.gracePeriodSeconds : undefined;
  return typeof seconds === "number" ? { gracePeriodSeconds: seconds } : {};
}
