/**
 * A thread that tries on the kernel what a site does to a box: it leaves the namespaces of the
 * process first, and all that it made ends with it.
 */
import { explain } from "#lib/errors.ts";
import { makeMountsPrivate } from "../mount.ts";
import { leaveNamespace } from "../namespace.ts";
import type { Outcome } from "./finding.ts";
import { type IsolatedOutcomes, type IsolatedRequest, UNTRIED } from "./isolated.ts";
import { tryLink, tryNftables, tryVeth } from "./try-network.ts";
import { tryOverlay } from "./try-overlay.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<IsolatedRequest>): void => {
  postMessage(outcomes(data));
};

/** In this order: what is mounted and plugged must not be where the process itself is. */
function outcomes({ place }: IsolatedRequest): IsolatedOutcomes {
  const mount = outcome(() => {
    leaveNamespace("mount");
    makeMountsPrivate();
  });
  const network = outcome(() => leaveNamespace("network"));
  const inside = (namespace: Outcome, fn: () => void) =>
    namespace === undefined ? outcome(fn) : UNTRIED;
  return {
    mount,
    network,
    pid: outcome(() => leaveNamespace("pid")),
    uts: outcome(() => leaveNamespace("uts")),
    ipc: outcome(() => leaveNamespace("ipc")),
    cgroup: outcome(() => leaveNamespace("cgroup")),
    overlay: inside(mount, () => tryOverlay(place)),
    veth: inside(network, tryVeth),
    bridge: inside(network, () => tryLink("bridge")),
    dummy: inside(network, () => tryLink("dummy")),
    nftables: inside(network, tryNftables),
  };
}

function outcome(fn: () => void): Outcome {
  try {
    fn();
    return undefined;
  } catch (error) {
    return explain(error);
  }
}
