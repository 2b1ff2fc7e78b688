import { watchGroups } from "../netlink/groups.ts";
import { NETLINK_NETFILTER } from "../netlink/socket.ts";

/** NFNLGRP_NFTABLES as a bit of the group mask. */
const NFTABLES_GROUP = 1 << 6;

/** Calls `onChange` when anybody changed a table of the namespace: see `watchGroups`. */
export function watchTables(onChange: () => void): Promise<Disposable> {
  return watchGroups({ protocol: NETLINK_NETFILTER, groups: NFTABLES_GROUP }, onChange);
}
