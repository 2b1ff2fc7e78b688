import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.ts";

/** NFNLGRP_NFTABLES as a bit of the group mask. */
const NFTABLES_GROUP = 1 << 6;

/**
 * Calls `onChange` when anybody changed a table of the namespace that the thread is in now; for
 * many changes at once it may be called once. The watch costs nothing while nothing changes.
 */
export async function watchTables(onChange: () => void): Promise<Disposable> {
  const socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER, groups: NFTABLES_GROUP });
  // Bun owns the descriptor from here on and closes it.
  const settings = {
    fd: socket.fd,
    // Not used with a descriptor, but wanted by the types.
    hostname: "",
    port: 0,
    socket: { data: () => onChange(), error: () => onChange() },
  };
  const connection = await Bun.connect(settings);
  connection.unref();
  return { [Symbol.dispose]: () => void connection.terminate() };
}
