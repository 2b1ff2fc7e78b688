import { watchGroups } from "../netlink/groups.ts";
import { NETLINK_NETFILTER } from "../netlink/socket.ts";

/** NFNLGRP_NFTABLES as a bit of the group mask. */
const NFTABLES_GROUP = 1 << 6;
/** A firewall that is loaded anew changes many things at once. */
const SETTLE_MS = 100;

/**
 * Calls `onChange` a moment after anybody changed a table of the namespace, once for all that was
 * changed in that moment: see `watchGroups`.
 */
export async function watchTables(onChange: () => void): Promise<Disposable> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = await watchGroups({ protocol: NETLINK_NETFILTER, groups: NFTABLES_GROUP }, () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, SETTLE_MS);
  });
  return {
    [Symbol.dispose]() {
      watch[Symbol.dispose]();
      clearTimeout(timer);
    },
  };
}
