import type { KubeObject, Namespace, Pod, PodTemplateSpec } from "#api/object.ts";
import { nameOf } from "#api/object.ts";
import type { CheckedPod, Violation } from "#api/pod-security/check.ts";
import { violations } from "#api/pod-security/evaluate.ts";
import {
  isStricter,
  type LevelVersion,
  type Policy,
  policyOf,
  policyText,
} from "#api/pod-security/policy.ts";
import { NAMESPACES, PODS } from "#api/resources.ts";
import { invalidObject } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf, newestOf } from "../kind.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "./plugin.ts";

/** Changes of these do not touch what the standards are about. */
/** Prefix of what is said for the audit log. */
const ANNOTATION = "pod-security.kubernetes.io/";
const HARMLESS: ReadonlySet<string> = new Set([
  "attach",
  "binding",
  "eviction",
  "exec",
  "portforward",
  "status",
]);
const MAX_CHECKED_PODS = 3000;

/** Pods are what the labels of their namespace ask for; workloads are told when their pods will not be. */
export function podSecurity(store: ObjectStore): AdmissionPlugin {
  return {
    subresources: "all",
    validate(request) {
      if (request.operation === "DELETE" || request.target.namespace === "") return;
      const policy = policyIn(store, request.target.namespace);
      if (policy === undefined) return;
      if (isOfPods(request)) checkPod(request, policy);
      else checkTemplate(request, policy);
    },
  };
}

type Write = Exclude<AdmissionRequest, { operation: "DELETE" }>;

function isOfPods({ target: { resource } }: Write): boolean {
  return resource.group === PODS.group && resource.plural === PODS.plural;
}

function checkPod(request: Write, policy: Policy): void {
  if (HARMLESS.has(request.target.subresource ?? "") || !isSignificant(request)) return;
  const checked = podOf(request.object);
  request.admission.annotate(`${ANNOTATION}enforce-policy`, policyText(policy.enforce));
  audit(request, { checked, audited: policy.audit });
  enforce(request, { checked, enforced: policy.enforce });
  warn(request, { checked, warned: policy.warn });
}

function checkTemplate(request: Write, policy: Policy): void {
  if (request.target.subresource !== undefined) return;
  const checked = templateOf(request.object);
  if (checked === undefined) return;
  audit(request, { checked, audited: policy.audit });
  warn(request, { checked, warned: policy.warn });
}

/** The labels of a namespace must say something; who tightens them is told which pods are too loose. */
export function podSecurityLabels(store: ObjectStore): AdmissionPlugin<Namespace> {
  return {
    kinds: [NAMESPACES],
    validate(request) {
      const { object, current } = request;
      if (object === undefined) return;
      const { policy, errors } = policyOf(object.metadata?.labels);
      const before = policyOf(current?.metadata?.labels);
      const isNew = current === undefined || !Bun.deepEquals(errors, before.errors);
      if (errors.length > 0 && isNew) {
        throw invalidObject({ resource: NAMESPACES, name: nameOf(object) }, errors);
      }
      const { enforce: now } = policy;
      const { enforce: then } = before.policy;
      if (current === undefined || now.level === "privileged") return;
      if (now.minor === then.minor && !isStricter(now, then)) return;
      for (const text of looseTexts(store, { namespace: nameOf(object), enforced: now })) {
        request.admission.warn(text);
      }
    },
  };
}

/** What is asked for in a namespace; undefined, the usual case, where that is nothing. */
function policyIn(store: ObjectStore, namespace: string): Policy | undefined {
  const found = newestOf(store, { resource: NAMESPACES, namespace: "" }, namespace);
  const { policy } = policyOf(found?.metadata?.labels);
  const { enforce: enforced, audit: audited, warn: warned } = policy;
  const isFree = [enforced, audited, warned].every(({ level }) => level === "privileged");
  return isFree ? undefined : policy;
}

interface Templated extends KubeObject {
  readonly template?: PodTemplateSpec;
  readonly spec?: {
    readonly template?: PodTemplateSpec;
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } };
  };
}

function templateOf(object: Templated): CheckedPod | undefined {
  const template =
    object.template ?? object.spec?.template ?? object.spec?.jobTemplate?.spec?.template;
  return template?.spec?.containers === undefined ? undefined : podOf(template);
}

function podOf({ metadata, spec }: Pod): CheckedPod {
  return { annotations: metadata?.annotations ?? {}, spec: { containers: [], ...spec } };
}

/** A change of a pod counts when it changes a container, or an annotation. */
function isSignificant({ object, current }: AdmissionRequest<Pod>): boolean {
  if (current === undefined) return true;
  const partOf = ({ metadata, spec }: Pod) => ({
    annotations: metadata?.annotations ?? {},
    containers: spec?.containers,
    initContainers: spec?.initContainers,
    ephemeralContainers: spec?.ephemeralContainers,
  });
  return object !== undefined && !Bun.deepEquals(partOf(object), partOf(current));
}

const detailOf = (found: readonly Violation[]): string =>
  found.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");

function enforce(
  request: AdmissionRequest,
  { checked, enforced }: { checked: CheckedPod; enforced: LevelVersion },
): void {
  const found = violations(checked, enforced);
  if (found.length === 0) return;
  throw refused(request, `violates PodSecurity "${policyText(enforced)}": ${detailOf(found)}`);
}

function audit(
  { admission }: AdmissionRequest,
  { checked, audited }: { checked: CheckedPod; audited: LevelVersion },
): void {
  const found = violations(checked, audited);
  if (found.length === 0) return;
  const text = `would violate PodSecurity "${policyText(audited)}": ${detailOf(found)}`;
  admission.annotate(`${ANNOTATION}audit-violations`, text);
}

function warn(
  { admission }: AdmissionRequest,
  { checked, warned }: { checked: CheckedPod; warned: LevelVersion },
): void {
  const found = violations(checked, warned);
  if (found.length === 0) return;
  admission.warn(`would violate PodSecurity "${policyText(warned)}": ${detailOf(found)}`);
}

/** Which pods of a namespace are not what it will ask for, those with the same faults together. */
function looseTexts(
  store: ObjectStore,
  { namespace, enforced }: { namespace: string; enforced: LevelVersion },
): readonly string[] {
  const byFaults = new Map<string, string[]>();
  const { items } = store.list(collectionOf(PODS), namespace);
  for (const item of items.slice(0, MAX_CHECKED_PODS)) {
    const pod = itemOf(PODS, item).value;
    const found = violations(podOf(pod), enforced);
    if (found.length === 0) continue;
    const faults = found.map(({ reason }) => reason).join(", ");
    byFaults.set(faults, [...(byFaults.get(faults) ?? []), nameOf(pod)]);
  }
  if (byFaults.size === 0) return [];
  const head = `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${policyText(enforced)}"`;
  const groups = [...byFaults].map(([faults, [first = "", ...others]]) => {
    const rest = `(and ${others.length} other ${others.length === 1 ? "pod" : "pods"})`;
    return others.length === 0 ? `${first}: ${faults}` : `${first} ${rest}: ${faults}`;
  });
  return [head, ...groups.toSorted()];
}
