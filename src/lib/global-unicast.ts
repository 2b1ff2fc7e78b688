import { BlockList, isIP } from "node:net";

const MAPPED = /^::ffff:(?=[\d.]+$)/i;

function special(): BlockList {
  const list = new BlockList();
  list.addAddress("0.0.0.0");
  list.addAddress("255.255.255.255");
  list.addSubnet("127.0.0.0", 8);
  list.addSubnet("169.254.0.0", 16);
  list.addSubnet("224.0.0.0", 4);
  list.addAddress("::", "ipv6");
  list.addAddress("::1", "ipv6");
  list.addSubnet("fe80::", 10, "ipv6");
  list.addSubnet("ff00::", 8, "ipv6");
  return list;
}

const SPECIAL = special();

/** True for an address of one machine among others: no name, no loopback, link-local or multicast one. */
export function isGlobalUnicast(text: string): boolean {
  const address = text.replace(MAPPED, "");
  const family = isIP(address);
  return family !== 0 && !SPECIAL.check(address, family === 4 ? "ipv4" : "ipv6");
}
