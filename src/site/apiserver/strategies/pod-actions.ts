import type { KubeObject, Pod } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import { badRequest, conflict } from "#api/status.ts";
import type { DeleteOptions } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import { parseDeleteOptions } from "#serve/delete-options.ts";
import type { Admission } from "../admission.ts";
import { cloneJson } from "../json.ts";
import type { Action } from "../strategy.ts";
import type { DisruptionBudgets } from "./disruption-budgets.ts";

/** `pods/binding`: the scheduler's word, given once. */
export const binding: Action<Pod> = {
  apply(current, body, { now }) {
    const node = nodeOf(body);
    checkBindable(current, body);
    const next = cloneJson(current);
    next.spec = { containers: [], ...next.spec, nodeName: node };
    const conditions = next.status?.conditions?.filter(({ type }) => type !== "PodScheduled") ?? [];
    conditions.push({ type: "PodScheduled", status: "True", lastTransitionTime: rfc3339(now) });
    next.status = { ...next.status, conditions };
    const annotations = { ...next.metadata?.annotations, ...body.metadata?.annotations };
    if (Object.keys(annotations).length > 0) next.metadata = { ...next.metadata, annotations };
    return next;
  },
};

/** `pods/eviction`: a delete that disruption budgets may refuse. */
export function eviction(budgets: DisruptionBudgets): Action<Pod> {
  return {
    isDryRun: (body) => deleteOptionsOf(body).dryRun ?? false,
    apply(current, body, admission) {
      if (current.metadata?.name !== body.metadata?.name) {
        throw badRequest("name in URL does not match name in Eviction object");
      }
      const alongside = budgets.admit(current, admission);
      return { delete: deleteOptionsOf(body), from: disrupted(current, admission), alongside };
    },
  };
}

/** A pod says why it ends. */
function disrupted(current: Pod, { now }: Pick<Admission, "now">): Pod {
  const next = cloneJson(current);
  const others = next.status?.conditions?.filter(({ type }) => type !== "DisruptionTarget") ?? [];
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastTransitionTime: rfc3339(now),
  };
  next.status = { ...next.status, conditions: [...others, condition] };
  return next;
}

function nodeOf(body: KubeObject): string {
  const target = "target" in body ? body.target : undefined;
  const { kind, name } = { kind: "", name: "", ...(typeof target === "object" && target) };
  if (kind !== "" && kind !== "Node") throw badRequest(`invalid target kind: ${String(kind)}`);
  if (typeof name !== "string" || name === "") throw badRequest("target.name is required");
  return name;
}

function checkBindable({ metadata, spec }: Pod, body: KubeObject): void {
  const name = metadata?.name ?? "";
  const refuse = (why: string): Error =>
    conflict({ resource: { ...PODS, plural: "pods/binding" }, name }, why);
  const uid = body.metadata?.uid ?? "";
  if (uid !== "" && uid !== metadata?.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata?.uid}`,
    );
  }
  if (metadata?.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (spec?.nodeName) {
    throw refuse(`pod ${name} is already assigned to node "${spec.nodeName}"`);
  }
}

function deleteOptionsOf(body: KubeObject): DeleteOptions {
  const sent = "deleteOptions" in body ? body.deleteOptions : undefined;
  return typeof sent === "object" ? parseDeleteOptions({ ...sent }).options : {};
}
