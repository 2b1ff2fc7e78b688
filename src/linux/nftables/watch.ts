import { watchGroups } from "../netlink/groups.ts";
import { NETLINK_NETFILTER } from "../netlink/socket.ts";

/** NFNLGRP_NFTABLES as a bit of the group mask. */
const NFTABLES_GROUP = 1 << 6;
/** A firewall that is loaded anew changes many things at once. */
const SETTLE_MS = 100;

/** Calls `onChange` after anybody changed a table of the namespace: see `watchGroups`. */
export function watchTables(onChange: () => void): Promise<Disposable> {
  const watched = { protocol: NETLINK_NETFILTER, groups: NFTABLES_GROUP, settleMs: SETTLE_MS };
  return watchGroups(watched, onChange);
}
