import { amountsOf } from "#api/amounts.ts";
import type { Pod, RuntimeClass } from "#api/object.ts";
import { PODS, RUNTIME_CLASSES } from "#api/resources.ts";
import { mergeTolerations } from "#api/tolerations.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { newestOf } from "../kind.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "./plugin.ts";

const OTHER_OVERHEAD = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
const OWN_OVERHEAD =
  "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

/** Pods carry the overhead of their RuntimeClass and go where it runs. */
export function runtimeClass(store: ObjectStore): AdmissionPlugin<Pod> {
  return {
    kinds: [PODS],
    mutate(request) {
      if (request.operation !== "CREATE" || request.object.spec === undefined) return;
      const found = classOf(store, request);
      if (found === undefined) return;
      setOverhead(request, found);
      setScheduling(request, found);
    },
    validate(request) {
      if (request.operation !== "CREATE") return;
      const fixed = classOf(store, request)?.overhead?.podFixed;
      const own = request.object.spec?.overhead;
      if (fixed === undefined && own !== undefined) throw refused(request, OWN_OVERHEAD);
      if (fixed !== undefined && !isSame(fixed, own)) throw refused(request, OTHER_OVERHEAD);
    },
  };
}

type Request = AdmissionRequest<Pod>;
type List = Readonly<Record<string, string>>;

function classOf(store: ObjectStore, request: Request): RuntimeClass | undefined {
  const name = request.object?.spec?.runtimeClassName;
  if (name === undefined) return undefined;
  const found = newestOf(store, { resource: RUNTIME_CLASSES, namespace: "" }, name);
  if (found !== undefined) return found;
  throw refused(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
}

function setOverhead(request: Request, { overhead }: RuntimeClass): void {
  const spec = request.object?.spec;
  if (spec === undefined || overhead?.podFixed === undefined) return;
  if (spec.overhead !== undefined && !isSame(overhead.podFixed, spec.overhead)) {
    throw refused(request, OTHER_OVERHEAD);
  }
  spec.overhead = { ...overhead.podFixed };
}

function setScheduling(request: Request, { scheduling }: RuntimeClass): void {
  const spec = request.object?.spec;
  if (spec === undefined || scheduling === undefined) return;
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      throw refused(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    }
  }
  if (scheduling.nodeSelector) {
    spec.nodeSelector = { ...spec.nodeSelector, ...scheduling.nodeSelector };
  }
  const tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations ?? []);
  if (tolerations.length > 0) spec.tolerations = tolerations;
}

function isSame(a: List, b: List = {}): boolean {
  const [left, right] = [amountsOf(a), amountsOf(b)];
  if (left.size !== right.size) return false;
  return [...left].every(([name, amount]) => right.get(name)?.compare(amount) === 0);
}
