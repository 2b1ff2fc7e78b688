import { errorCode } from "#lib/errors.ts";
import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.ts";
import { type ForeignChain, listChains } from "../nftables/foreign-rules.ts";
import { readSysctl } from "../sysctl.ts";
import { type Finding, findingOf } from "./finding.ts";

/** NF_INET_FORWARD */
const FORWARD = 2;

/** Whether the box passes packets on, and who decides about them. */
export function probeForwarding(chains = foreignChains()): readonly Finding[] {
  return [forwarding(), firewall(chains)];
}

function forwarding(): Finding {
  const { ok, note } = findingOf("ip_forward", "site");
  if (readSysctl("net/ipv4/ip_forward") === "1") return ok("on");
  return note("off", "Nothing to do: edgesite switches it on for its pods");
}

function firewall(chains: readonly ForeignChain[] | undefined): Finding {
  const { ok, note } = findingOf("firewall", "site");
  if (chains === undefined) return note("cannot be looked at", "Run this as root");
  const owners = [
    ...(chains.some(({ table }) => table.name === "firewalld") ? ["firewalld"] : []),
    ...(chains.some(({ name }) => name.startsWith("ufw-")) ? ["ufw"] : []),
  ];
  const drops = chains.some(({ hook, policy }) => hook === FORWARD && policy === "drop");
  if (owners.length === 0 && !drops) return ok("none that drops what pods send");
  const found = [...owners, ...(drops ? ["a FORWARD chain that drops"] : [])].join(", ");
  return note(
    found,
    "edgesite puts an accept for its pods at the head of such chains; ports that other machines shall reach must be opened in the firewall",
  );
}

/** Undefined where this process may not look. */
function foreignChains(): readonly ForeignChain[] | undefined {
  try {
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    return listChains(socket);
  } catch (error) {
    if (errorCode(error) !== undefined) return undefined;
    throw error;
  }
}
