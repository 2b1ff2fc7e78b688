import type { Node } from "#api/object.ts";
import type { Strategy } from "../strategy.ts";

/** Nodes: a heartbeat that says nothing new stays off the disk. */
export const nodes: Strategy<Node> = {
  storage({ next, current }) {
    const beats = current !== undefined && Bun.deepEquals(still(next), still(current));
    return { durability: beats ? "never" : "now" };
  },
};

/** A node without what each heartbeat changes. */
function still({ metadata, status, ...rest }: Node): object {
  return {
    ...rest,
    metadata: { ...metadata, resourceVersion: undefined, managedFields: undefined },
    status: {
      ...status,
      conditions: status?.conditions?.map((condition) => ({
        ...condition,
        lastHeartbeatTime: undefined,
      })),
    },
  };
}
