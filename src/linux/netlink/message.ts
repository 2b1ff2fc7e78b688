import { aligned, parseAttributes, textOf } from "./attributes.ts";

const HEADER_BYTES = 16;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_ACK_TLVS = 0x200;
const NLMSG_ERROR = 2;
const NLMSGERR_ATTR_MSG = 1;

/** Flags of requests (linux/netlink.h); those of a dump overlap those of a creation. */
export const DUMP = 0x300;
export const REPLACE = 0x100;
export const EXCLUSIVE = 0x200;
export const CREATE = 0x400;
export const APPEND = 0x800;

export interface NetlinkRequest {
  readonly type: number;
  readonly flags?: number;
  readonly body: Buffer;
  /** What it does, for the message of an error: `add the address 10.42.0.1`. */
  readonly what: string;
  /** Whether the kernel shall answer when it is done. Default: yes. */
  readonly acknowledge?: boolean;
}

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** How the kernel judged a request: errno 0 when it was done. */
export interface Verdict {
  readonly errno: number;
  /** The kernel's own words (extended acknowledgement). */
  readonly detail?: string;
}

export function isDump({ flags = 0 }: NetlinkRequest): boolean {
  return (flags & DUMP) === DUMP && (flags & CREATE) === 0;
}

export function encodeRequest(request: NetlinkRequest, sequence: number): Buffer {
  const { type, flags = 0, body, acknowledge = true } = request;
  const length = HEADER_BYTES + body.length;
  const message = Buffer.alloc(aligned(length));
  const answer = acknowledge && !isDump(request) ? NLM_F_ACK : 0;
  message.writeUInt32LE(length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags | NLM_F_REQUEST | answer, 6);
  message.writeUInt32LE(sequence, 8);
  message.set(body, HEADER_BYTES);
  return message;
}

/** Takes apart what one read returned. */
export function parseMessages(data: Buffer): readonly NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let offset = 0; offset + HEADER_BYTES <= data.length; ) {
    const length = data.readUInt32LE(offset);
    if (length < HEADER_BYTES) break;
    messages.push({
      type: data.readUInt16LE(offset + 4),
      flags: data.readUInt16LE(offset + 6),
      sequence: data.readUInt32LE(offset + 8),
      body: data.subarray(offset + HEADER_BYTES, offset + length),
    });
    offset += aligned(length);
  }
  return messages;
}

/** The judgement that a message brings, if it brings one. */
export function verdictOf({ type, flags, body }: NetlinkMessage): Verdict | undefined {
  if (type !== NLMSG_ERROR) return undefined;
  const errno = -body.readInt32LE(0);
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno };
  // NETLINK_CAP_ACK: behind the errno comes the header of the request alone.
  const detail = textOf(parseAttributes(body.subarray(4 + HEADER_BYTES)).get(NLMSGERR_ATTR_MSG));
  return detail === "" ? { errno } : { errno, detail };
}
