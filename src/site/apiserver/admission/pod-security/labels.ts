import { type Namespace, nameOf, type Pod } from "#api/object.ts";
import { controllerOf } from "#api/ownership.ts";
import { violations } from "#api/pod-security/evaluate.ts";
import { isStricter, type LevelVersion, policyOf, policyText } from "#api/pod-security/policy.ts";
import { NAMESPACES, PODS } from "#api/resources.ts";
import { invalidObject } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf } from "../../kind.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { podOf } from "./pods.ts";

const MAX_CHECKED_PODS = 3000;

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

/** Which pods of a namespace are not what it will ask for, those with the same faults together. */
function looseTexts(
  store: ObjectStore,
  { namespace, enforced }: { namespace: string; enforced: LevelVersion },
): readonly string[] {
  const { items } = store.list(collectionOf(PODS), namespace);
  const pods = differentFirst(items.map((item) => itemOf(PODS, item).value));
  const byFaults = new Map<string, string[]>();
  for (const pod of pods.slice(0, MAX_CHECKED_PODS)) {
    const found = violations(podOf(pod), enforced);
    if (found.length === 0) continue;
    const faults = found.map(({ reason }) => reason).join(", ");
    const alike = byFaults.get(faults);
    if (alike === undefined) byFaults.set(faults, [nameOf(pod)]);
    else alike.push(nameOf(pod));
  }
  const texts: string[] = [];
  if (pods.length > MAX_CHECKED_PODS) {
    texts.push(
      `new PodSecurity enforce level only checked against the first ${MAX_CHECKED_PODS} of ${pods.length} existing pods`,
    );
  }
  if (byFaults.size === 0) return texts;
  texts.push(
    `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${policyText(enforced)}"`,
  );
  const groups = [...byFaults].map(([faults, names]) => {
    const [first = "", ...others] = names.toSorted();
    const rest = `(and ${others.length} other ${others.length === 1 ? "pod" : "pods"})`;
    return others.length === 0 ? `${first}: ${faults}` : `${first} ${rest}: ${faults}`;
  });
  return [...texts, ...groups.toSorted()];
}

/** One pod of each controller, and those without one, before all that will be like them. */
function differentFirst(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>();
  const like: Pod[] = [];
  const different = pods.filter((pod) => {
    const controller = controllerOf(pod)?.uid;
    if (controller === undefined || !seen.has(controller)) {
      if (controller !== undefined) seen.add(controller);
      return true;
    }
    like.push(pod);
    return false;
  });
  return [...different, ...like];
}
