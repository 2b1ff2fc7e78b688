import { NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket } from "../netlink/socket.ts";
import { verdict } from "../nftables/expressions.ts";
import { replaceTable } from "../nftables/table.ts";
import { createLink, createVeth } from "../rtnetlink/links.ts";

/** Each tries one thing in the network namespace of the calling thread, and leaves it there. */

export function tryVeth(): void {
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  createVeth(socket, { name: "veth-here", peer: { name: "veth-there" } });
}

export function tryLink(kind: "bridge" | "dummy"): void {
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  createLink(socket, { name: kind, kind });
}

export function tryNftables(): void {
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  replaceTable(socket, {
    family: "ip",
    name: "try",
    sets: [],
    chains: [
      {
        name: "out",
        hook: { type: "nat", at: "postrouting", priority: 100 },
        rules: [[...verdict("accept")]],
      },
    ],
  });
}
