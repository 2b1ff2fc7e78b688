import type { Pod } from "#api/object.ts";
import { allContainers } from "#api/pod.ts";

/** What a node has of what pods may insist on. */
export interface NodeAbilities {
  /** Its kernel confines by AppArmor. */
  readonly appArmor: boolean;
}

/** Why a pod is not run on this node at all: its status' `reason` and `message`. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Of a pod that is never begun. */
export interface Rejection extends Refusal {
  /** What its event says. */
  readonly rejected: string;
}

/**
 * kubelet's admission: a pod that asks for AppArmor is refused where the kernel does not have it. One
 * that runs already goes on.
 */
export function rejectionOf(
  { spec, status }: Pod,
  { appArmor }: NodeAbilities,
): Rejection | undefined {
  if (appArmor || (status?.phase ?? "Pending") !== "Pending") return undefined;
  const ofPod = spec?.securityContext?.appArmorProfile;
  const asks = allContainers(spec).some(({ securityContext }) => {
    const { type = "Unconfined" } = securityContext?.appArmorProfile ?? ofPod ?? {};
    return type !== "Unconfined";
  });
  if (!asks) return undefined;
  const rejected = "Cannot enforce AppArmor: AppArmor is not enabled on the host";
  return { reason: "AppArmor", message: `Pod was rejected: ${rejected}`, rejected };
}
