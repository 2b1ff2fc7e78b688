import { watchGroups } from "../netlink/groups.ts";
import { NETLINK_ROUTE } from "../netlink/socket.ts";

/** Links, addresses and routes come and go by the dozen when a machine gets a network. */
const SETTLE_MS = 500;

/** RTMGRP_*: what the kernel tells of. */
const GROUPS = {
  links: 0x1,
  addresses: 0x10,
  routes: 0x40,
  addresses6: 0x100,
  routes6: 0x400,
} as const;

/** Calls `onChange` when one of these came, went or changed in the namespace: see `watchGroups`. */
export function watchNetwork(
  what: readonly (keyof typeof GROUPS)[],
  onChange: () => void,
): Promise<Disposable> {
  const groups = what.reduce((mask, one) => mask | GROUPS[one], 0);
  return watchGroups({ protocol: NETLINK_ROUTE, groups, settleMs: SETTLE_MS }, onChange);
}
