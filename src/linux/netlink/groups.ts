import { NetlinkSocket } from "./socket.ts";

interface Groups {
  /** `NETLINK_ROUTE` or `NETLINK_NETFILTER`. */
  readonly protocol: number;
  /** Bit mask of the multicast groups to listen to. */
  readonly groups: number;
  /** How long to wait for more after the first word: what is done at once is told once. */
  readonly settleMs: number;
}

/**
 * Calls `onChange` when the kernel tells one of the groups something about the network namespace
 * that the thread is in now, once for all that came in a moment. It costs nothing while nothing
 * changes, and keeps no process alive.
 */
export async function watchGroups(
  { settleMs, ...groups }: Groups,
  onChange: () => void,
): Promise<Disposable> {
  const { fd } = new NetlinkSocket(groups);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, settleMs);
    timer.unref();
  };
  // Bun owns the descriptor from here on and closes it.
  const settings = {
    fd,
    // Not used with a descriptor, but wanted by the types.
    hostname: "",
    port: 0,
    socket: { data: tell, error: tell },
  };
  const connection = await Bun.connect(settings);
  connection.unref();
  return {
    [Symbol.dispose]() {
      connection.terminate();
      clearTimeout(timer);
    },
  };
}
