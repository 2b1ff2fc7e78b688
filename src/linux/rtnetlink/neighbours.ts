import { ipv4Bytes } from "#lib/cidr.ts";
import { ipv6Bytes } from "#lib/ipv6.ts";
import { bytes } from "../netlink/attributes.ts";
import { CREATE, REPLACE } from "../netlink/message.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";

const RTM_NEWNEIGH = 28;
const AF_INET = 2;
const AF_INET6 = 10;
/** NUD_PERMANENT: the kernel asks nobody, and forgets it with the link only. */
const PERMANENT = 0x80;
const NDA_DST = 1;
const NDA_LLADDR = 2;
/** struct ndmsg */
const HEADER_BYTES = 12;

/** Who has an address on a link. */
export interface Neighbour {
  /** The index of the link. */
  readonly link: number;
  readonly address: string;
  /** `02:fc:00:00:00:01` */
  readonly hardwareAddress: string;
}

/** Tells the kernel who has an address, so that it never asks around for it. */
export function setNeighbour(socket: NetlinkSocket, neighbour: Neighbour): void {
  const { link, address, hardwareAddress } = neighbour;
  const six = address.includes(":");
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = six ? AF_INET6 : AF_INET;
  header.writeInt32LE(link, 4);
  header.writeUInt16LE(PERMANENT, 8);
  const body = Buffer.concat([
    header,
    bytes(NDA_DST, six ? ipv6Bytes(address) : ipv4Bytes(address)),
    bytes(NDA_LLADDR, Buffer.from(hardwareAddress.replaceAll(":", ""), "hex")),
  ]);
  const what = `set the neighbour ${address}`;
  socket.request({ type: RTM_NEWNEIGH, flags: CREATE | REPLACE, body, what });
}
