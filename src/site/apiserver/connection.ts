import type { KubeObject } from "#api/object.ts";
import type { NamedTarget } from "#api/verbs.ts";
import type { AdmissionChain } from "./admission/chain.ts";
import type { Webhooks } from "./admission/webhooks/webhooks.ts";
import type { Admission } from "./admission.ts";

interface Connection {
  readonly target: NamedTarget;
  /** What it is for: PodExecOptions. */
  readonly object: KubeObject;
  readonly admission: Admission;
}

/** Takes a connection through admission. @throws StatusError the first refusal. */
export async function admitConnection(
  { chain, webhooks }: { chain: AdmissionChain; webhooks: Webhooks },
  { target, object, admission }: Connection,
): Promise<void> {
  const request = { operation: "CONNECT", target, object, admission } as const;
  chain.mutate(request);
  const review = webhooks.reviewOf({ ...target, operation: "CONNECT", admission });
  await review?.mutate({ object });
  chain.validate(request);
  await review?.validate({ object });
}
