import { fieldErrorsText } from "#api/field-error.ts";
import type { KubeObject, Pod, PodTemplateSpec } from "#api/object.ts";
import type { CheckedPod } from "#api/pod-security/check.ts";
import { violations } from "#api/pod-security/evaluate.ts";
import { type LevelVersion, type Policy, policyOf, policyText } from "#api/pod-security/policy.ts";
import type { Resource } from "#api/resource.ts";
import {
  CRON_JOBS,
  DAEMON_SETS,
  DEPLOYMENTS,
  JOBS,
  NAMESPACES,
  POD_TEMPLATES,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
} from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { newestOf } from "../../kind.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "../plugin.ts";

/** Prefix of what is said for the audit log. */
const ANNOTATION = "pod-security.kubernetes.io/";
/** What is enforced where nothing is asked for. */
const FREE = "privileged:latest";
/** Changes of these do not touch what the standards are about. */
const HARMLESS: ReadonlySet<string> = new Set([
  "attach",
  "binding",
  "eviction",
  "exec",
  "log",
  "portforward",
  "proxy",
  "status",
]);
/** Kinds that make pods of a template; what a custom kind makes of one is not known. */
const TEMPLATED: readonly Resource[] = [
  CRON_JOBS,
  DAEMON_SETS,
  DEPLOYMENTS,
  JOBS,
  POD_TEMPLATES,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
];

/** Pods are what the labels of their namespace ask for (pod-security-admission `ValidatePod`). */
export function podSecurity(store: ObjectStore): AdmissionPlugin<Pod> {
  return {
    kinds: [PODS],
    subresources: "all",
    validate(request) {
      const { operation, target, object, admission } = request;
      if (operation !== "CREATE" && operation !== "UPDATE") return;
      if (HARMLESS.has(target.subresource ?? "")) return;
      const asked = policyIn(store, target.namespace);
      if (asked === undefined) return admission.annotate(`${ANNOTATION}enforce-policy`, FREE);
      if (!isSignificant(request)) return;
      const { policy } = asked;
      const checked = podOf(object);
      noteErrors(request, asked);
      admission.annotate(`${ANNOTATION}enforce-policy`, policyText(policy.enforce));
      audit(request, { checked, policy });
      const found = faults(checked, policy.enforce);
      if (found !== undefined) throw refused(request, `violates ${found}`);
      warn(request, { checked, policy });
    },
  };
}

/** Who writes a workload is told when its pods will be refused (`ValidatePodController`). */
export function podSecurityOfTemplates(store: ObjectStore): AdmissionPlugin {
  return {
    kinds: TEMPLATED,
    validate(request) {
      if (request.operation !== "CREATE" && request.operation !== "UPDATE") return;
      const asked = policyIn(store, request.target.namespace);
      const checked = templateOf(request.object);
      if (asked === undefined || checked === undefined) return;
      const { policy } = asked;
      noteErrors(request, asked);
      audit(request, { checked, policy });
      warn(request, { checked, policy });
    },
  };
}

interface AskedFor {
  readonly policy: Policy;
  /** What the labels say wrong, in one text. */
  readonly errors: string;
}

/** What is asked for in a namespace; undefined, the usual case, where that is nothing. */
function policyIn(store: ObjectStore, namespace: string): AskedFor | undefined {
  const found = newestOf(store, { resource: NAMESPACES, namespace: "" }, namespace);
  const { policy, errors } = policyOf(found?.metadata?.labels);
  const { enforce: enforced, audit: audited, warn: warned } = policy;
  const isFree = [enforced, audited, warned].every(({ level }) => level === "privileged");
  return isFree && errors.length === 0 ? undefined : { policy, errors: fieldErrorsText(errors) };
}

function noteErrors({ admission }: AdmissionRequest, { errors }: AskedFor): void {
  if (errors !== "") admission.annotate(`${ANNOTATION}error`, `Failed to parse policy: ${errors}`);
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

/** A pod as the standards look at it. */
export function podOf({ metadata, spec }: Pod): CheckedPod {
  return { annotations: metadata?.annotations ?? {}, spec: { containers: [], ...spec } };
}

type Named = { readonly name: string; readonly image?: string };

/** A change of a pod counts when it brings another image, or a guest. */
function isSignificant({ object, current }: AdmissionRequest<Pod>): boolean {
  if (object === undefined || current === undefined) return true;
  const imagesOf = ({ spec }: Pod) =>
    [spec?.containers, spec?.initContainers].map((all: readonly Named[] = []) =>
      all.map(({ image }) => image ?? ""),
    );
  if (!Bun.deepEquals(imagesOf(object), imagesOf(current))) return true;
  const guests = new Map(
    current.spec?.ephemeralContainers?.map(({ name, image }) => [name, image]),
  );
  return (object.spec?.ephemeralContainers ?? []).some(
    ({ name, image }) => !guests.has(name) || guests.get(name) !== image,
  );
}

interface Judged {
  readonly checked: CheckedPod;
  readonly policy: Policy;
}

function audit({ admission }: AdmissionRequest, { checked, policy }: Judged): void {
  const found = faults(checked, policy.audit);
  if (found === undefined) return;
  admission.annotate(`${ANNOTATION}audit-violations`, `would violate ${found}`);
}

function warn({ admission }: AdmissionRequest, { checked, policy }: Judged): void {
  const found = faults(checked, policy.warn);
  if (found !== undefined) admission.warn(`would violate ${found}`);
}

/** Which standard a pod violates, and how; undefined where it does not. */
function faults(checked: CheckedPod, asked: LevelVersion): string | undefined {
  const found = violations(checked, asked);
  if (found.length === 0) return undefined;
  const details = found.map(({ reason, detail }) => `${reason} (${detail})`);
  return `PodSecurity "${policyText(asked)}": ${details.join(", ")}`;
}
