import { NetlinkSocket } from "./socket.ts";

interface Groups {
  /** `NETLINK_ROUTE` or `NETLINK_NETFILTER`. */
  readonly protocol: number;
  /** Bit mask of the multicast groups to listen to. */
  readonly groups: number;
}

/**
 * Calls `onChange` when the kernel tells one of the groups something about the network namespace
 * that the thread is in now; for much at once it may be called once. It costs nothing while nothing
 * changes, and keeps no process alive.
 */
export async function watchGroups(groups: Groups, onChange: () => void): Promise<Disposable> {
  const { fd } = new NetlinkSocket(groups);
  // Bun owns the descriptor from here on and closes it.
  const settings = {
    fd,
    // Not used with a descriptor, but wanted by the types.
    hostname: "",
    port: 0,
    socket: { data: () => onChange(), error: () => onChange() },
  };
  const connection = await Bun.connect(settings);
  connection.unref();
  return { [Symbol.dispose]: () => void connection.terminate() };
}
