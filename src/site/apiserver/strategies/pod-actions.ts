import { type FieldError, fieldErrorsText, notSupported, required } from "#api/field-error.ts";
import { type KubeObject, nameOf, namespaceOf, type Pod, type PodCondition } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import { badRequest, conflict, StatusError } from "#api/status.ts";
import type { DeleteOptions } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import { parseDeleteOptions } from "#serve/delete-options.ts";
import type { Admission } from "../admission.ts";
import { notTheOneMeant } from "../changed-object.ts";
import { cloneJson } from "../json.ts";
import { subjectOf, uidProblem } from "../kind.ts";
import type { Action } from "../strategy.ts";
import type { DisruptionBudgets } from "./disruption-budgets.ts";

/** `pods/binding`: the scheduler's word, given once; its labels and annotations become the pod's. */
export const binding: Action<Pod> = {
  check(name, body) {
    if (name !== body.metadata?.name) {
      throw badRequest("name in URL does not match name in Binding object");
    }
    nodeOf(body);
  },
  apply(current, body, { now }) {
    const node = nodeOf(body);
    checkBindable(current, body);
    const next = cloneJson(current);
    next.spec = { containers: [], ...next.spec, nodeName: node };
    next.status = { ...next.status, conditions: scheduled(current, now) };
    delete next.status.nominatedNodeName;
    for (const field of ["annotations", "labels"] as const) {
      const all = { ...next.metadata?.[field], ...body.metadata?.[field] };
      if (Object.keys(all).length > 0) next.metadata = { ...next.metadata, [field]: all };
    }
    return next;
  },
};

/** The conditions of a pod that has a node, each in its place. */
function scheduled({ status }: Pod, now: Date): PodCondition[] {
  const { conditions = [] } = status ?? {};
  const before = conditions.find(({ type }) => type === "PodScheduled");
  const is: PodCondition = {
    type: "PodScheduled",
    status: "True",
    lastTransitionTime: (before?.status === "True" && before.lastTransitionTime) || rfc3339(now),
  };
  if (before === undefined) return [...conditions, is];
  return conditions.map((condition) => (condition === before ? is : condition));
}

/** `pods/eviction`: a delete that disruption budgets may refuse. */
export function eviction(budgets: DisruptionBudgets): Action<Pod> {
  return {
    check(name, body) {
      if (name !== body.metadata?.name) {
        throw badRequest("name in URL does not match name in Eviction object");
      }
    },
    isDryRun: (body) => deleteOptionsOf(body).dryRun ?? false,
    apply(current, body, admission) {
      const alongside = budgets.admit(current, admission);
      if (typeof alongside !== "function") return alongside;
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

/** What a Binding names, whatever it is. */
export function bindingTarget(body: KubeObject): { readonly kind: string; readonly name: string } {
  const target = "target" in body ? body.target : undefined;
  const { kind, name } = { kind: "", name: "", ...(typeof target === "object" && target) };
  return { kind: String(kind), name: String(name) };
}

/** Kubernetes does not foresee that a Binding is wrong: it answers with an error without a reason. */
function nodeOf(body: KubeObject): string {
  const { kind, name } = bindingTarget(body);
  const errors: FieldError[] = [];
  if (kind !== "" && kind !== "Node") {
    errors.push(notSupported("target.kind", { value: kind, supported: ["Node", "<empty>"] }));
  }
  if (name === "") errors.push(required("target.name"));
  if (errors.length === 0) return name;
  throw new StatusError(fieldErrorsText(errors), { code: 500 });
}

/** A Binding may say for which version of its pod it is. */
function versionProblem({ metadata: meant }: KubeObject, { metadata }: Pod): string | undefined {
  const [wanted = "", version] = [meant?.resourceVersion, metadata?.resourceVersion];
  if (wanted === "" || wanted === version) return undefined;
  return `Precondition failed: ResourceVersion in precondition: ${wanted}, ResourceVersion in object meta: ${version}`;
}

function checkBindable(pod: Pod, body: KubeObject): void {
  const { metadata, spec } = pod;
  const name = nameOf(pod);
  const refuse = (why: string): Error =>
    conflict(subjectOf({ resource: PODS, subresource: "binding" }, name), why);
  const other = uidProblem(body, pod) ?? versionProblem(body, pod);
  if (other !== undefined) {
    throw notTheOneMeant({ resource: PODS, namespace: namespaceOf(pod), name }, other);
  }
  if (metadata?.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (spec?.nodeName) {
    throw refuse(`pod ${name} is already assigned to node "${spec.nodeName}"`);
  }
  if (spec?.schedulingGates?.length) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
}

function deleteOptionsOf(body: KubeObject): DeleteOptions {
  const sent = "deleteOptions" in body ? body.deleteOptions : undefined;
  return typeof sent === "object" ? parseDeleteOptions({ ...sent }).options : {};
}
