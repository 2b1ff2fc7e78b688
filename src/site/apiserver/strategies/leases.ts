import type { Lease } from "#api/object.ts";
import type { Strategy } from "../strategy.ts";

/** Where nodes show that they are alive: who was, before a start, nobody needs to know. */
const HEARTBEATS = "kube-node-lease";

/**
 * Leases: who holds one is on disk, that it is still held is not. Pods outlive this process: were
 * their Lease gone after a start, another one of them would lead at once, beside the one that leads.
 */
export const leases: Strategy<Lease> = {
  storage({ next, current }) {
    const beats = next.metadata?.namespace === HEARTBEATS;
    const renews = current !== undefined && Bun.deepEquals(held(next), held(current));
    return { durability: beats || renews ? "never" : "now" };
  },
};

/** A Lease without what each renewal changes. */
function held({ metadata, spec, ...rest }: Lease): object {
  return {
    ...rest,
    metadata: { ...metadata, resourceVersion: undefined, managedFields: undefined },
    spec: { ...spec, renewTime: undefined },
  };
}
