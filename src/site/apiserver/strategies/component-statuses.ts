import type { ComponentStatus } from "#api/object.ts";
import type { Strategy } from "../strategy.ts";

/** A part of the control plane that says how it is. */
export interface Component {
  /** As Kubernetes calls it: `scheduler`, `controller-manager`, `etcd-0`. */
  readonly name: string;
  /** The reason why it is not healthy; `undefined` when it is. */
  failure(): string | undefined;
}

/** `kubectl get componentstatuses` */
export function componentStatuses(components: readonly Component[]): Strategy<ComponentStatus> {
  const ordered = components.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { observe: () => ordered.map(statusOf) };
}

function statusOf({ name, failure }: Component): ComponentStatus {
  const error = failure();
  return {
    apiVersion: "v1",
    kind: "ComponentStatus",
    metadata: { name },
    conditions: [
      error === undefined
        ? { type: "Healthy", status: "True", message: "ok" }
        : { type: "Healthy", status: "False", error },
    ],
  };
}
