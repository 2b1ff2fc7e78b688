import type { Pod, PodSpec, PriorityClass } from "#api/object.ts";
import { PODS, PRIORITY_CLASSES } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, itemOf, newestOf } from "../kind.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "./plugin.ts";

/** Pods have the priority of their class; without one, that of the default class, or 0. */
export function priority(store: ObjectStore): AdmissionPlugin<Pod> {
  return {
    kinds: [PODS],
    mutate(request) {
      const { operation, object, current } = request;
      if (object?.spec === undefined) return;
      if (operation === "CREATE") setPriority(store, { request, spec: object.spec });
      else keepPriority(object.spec, current?.spec);
    },
  };
}

/** There is at most one default PriorityClass. */
export function defaultPriorityClass(store: ObjectStore): AdmissionPlugin<PriorityClass> {
  return {
    kinds: [PRIORITY_CLASSES],
    validate(request) {
      if (request.object?.globalDefault !== true) return;
      const name = defaultClass(store)?.metadata?.name;
      if (name === undefined || name === request.current?.metadata?.name) return;
      throw refused(
        request,
        `PriorityClass ${name} is already marked as default. Only one default can exist`,
      );
    },
  };
}

function setPriority(
  store: ObjectStore,
  { request, spec }: { request: AdmissionRequest<Pod>; spec: PodSpec },
): void {
  const found = classOf(store, { request, spec });
  if (!spec.priorityClassName && found !== undefined) {
    spec.priorityClassName = found.metadata?.name ?? "";
  }
  const computed = found?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== computed) {
    throw refused(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`,
    );
  }
  spec.priority = computed;
  const policy = found === undefined ? "PreemptLowerPriority" : found.preemptionPolicy;
  if (policy === undefined) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refused(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.preemptionPolicy = policy;
}

/** A change that leaves out what was computed means no change of it. */
function keepPriority(spec: PodSpec, current: PodSpec | undefined): void {
  if (current?.priority !== undefined) spec.priority ??= current.priority;
  if (current?.preemptionPolicy !== undefined) spec.preemptionPolicy ??= current.preemptionPolicy;
}

function classOf(
  store: ObjectStore,
  { request, spec }: { request: AdmissionRequest<Pod>; spec: PodSpec },
): PriorityClass | undefined {
  const name = spec.priorityClassName;
  if (!name) return defaultClass(store);
  const found = newestOf(store, { resource: PRIORITY_CLASSES, namespace: "" }, name);
  if (found !== undefined) return found;
  throw refused(request, `no PriorityClass with name ${name} was found`);
}

/** Where a race left several, the lowest. */
function defaultClass(store: ObjectStore): PriorityClass | undefined {
  const [lowest] = store
    .listNewest(collectionOf(PRIORITY_CLASSES), "")
    .map((item) => itemOf(PRIORITY_CLASSES, item).value)
    .filter(({ globalDefault }) => globalDefault === true)
    .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0));
  return lowest;
}
