import type { PriorityClass, RuntimeClass } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, boolean, fieldText, integer, text } from "./column.ts";

const ofPriority = (field: string) => fieldText("io.k8s.api.scheduling.v1.PriorityClass", field);

/** The columns of `kubectl get priorityclasses`. */
export const PRIORITY_CLASS_COLUMNS: readonly Column<PriorityClass>[] = [
  integer({ name: "Value", description: ofPriority("value") }, ({ value }) => value ?? 0),
  boolean(
    { name: "Global-Default", description: ofPriority("globalDefault") },
    ({ globalDefault }) => globalDefault ?? false,
  ),
  AGE,
  text(
    { name: "PreemptionPolicy", description: ofPriority("preemptionPolicy") },
    ({ preemptionPolicy }) => preemptionPolicy ?? "",
  ),
];

/** The columns of `kubectl get runtimeclasses`. */
export const RUNTIME_CLASS_COLUMNS: readonly Column<RuntimeClass>[] = [
  // Kubernetes looks for this description among those of metadata, where there is none.
  text({ name: "Handler", description: "" }, ({ handler }) => handler),
  AGE,
];
