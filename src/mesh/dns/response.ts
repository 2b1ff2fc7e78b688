import { Packet } from "dns2";
import type { Question } from "./question.ts";
import { CLASS_IN, TYPE, type ZoneAnswer, type ZoneRecord } from "./records.ts";

/** Seconds that clients may keep an answer: as CoreDNS, so that they follow a change soon. */
const TTL_SECONDS = 5;
const SOA_TIMERS = { refresh: 7200, retry: 1800, expiration: 86_400, minimum: TTL_SECONDS };
const HEADER_BYTES = 12;
/** What we say we take over UDP: fits every path without fragments (DNS flag day 2020). */
export const UDP_SIZE_BYTES = 1232;

export interface ResponseOptions {
  /** Longer answers are cut and marked as truncated. */
  readonly limitBytes: number;
}

/** The wire form of what the zone says. */
export function encodeAnswer(
  question: Question,
  answer: ZoneAnswer,
  { limitBytes }: ResponseOptions,
): Buffer {
  const packet = emptyResponse(question);
  packet.header.aa = 1;
  packet.header.rcode = answer.rcode;
  packet.answers = answer.answers.map((record) => resource(question, record));
  packet.authorities = answer.authorities.map((record) => resource(question, record));
  packet.additionals.unshift(...answer.additionals.map((record) => resource(question, record)));
  const whole = packet.toBuffer();
  return whole.length <= limitBytes ? whole : truncated(packet, { question, limitBytes });
}

/** An answer that is only a code. */
export function encodeCode(question: Question, rcode: number): Buffer {
  const packet = emptyResponse(question);
  packet.header.rcode = rcode;
  return packet.toBuffer();
}

/** FORMERR to a message whose question cannot be read: its header is all there is to repeat. */
export function encodeFormatError(message: Buffer): Buffer {
  const response = Buffer.alloc(HEADER_BYTES);
  response.writeUInt16BE(message.readUInt16BE(0), 0);
  response[2] = 0x80 | (message.readUInt8(2) & 0x79);
  response[3] = 0x81;
  return response;
}

/** A name of the cluster that stands for a foreign one, with what upstream says about that. */
export function encodeAlias(
  question: Question,
  { alias, upstream, limitBytes }: AliasAnswer & ResponseOptions,
): Buffer {
  const packet = emptyResponse(question);
  const found = Packet.parse(upstream);
  packet.header.rcode = found.header.rcode;
  // What came cut is cut here, too.
  packet.header.tc = found.header.tc;
  packet.answers = [resource(question, { type: TYPE.CNAME, domain: alias }), ...found.answers];
  const whole = packet.toBuffer();
  return whole.length <= limitBytes ? whole : truncated(packet, { question, limitBytes });
}

interface AliasAnswer {
  readonly alias: string;
  readonly upstream: Buffer;
}

/** A query of our own. */
export function encodeQuery(name: string, type: number): Buffer {
  const packet = new Packet();
  packet.header.rd = 1;
  packet.questions = [new Packet.Question(name, type, CLASS_IN)];
  return packet.toBuffer();
}

function emptyResponse(question: Question): Packet {
  const packet = new Packet();
  packet.header.id = question.id;
  packet.header.qr = 1;
  packet.header.ra = 1;
  packet.header.rd = question.recursionDesired ? 1 : 0;
  packet.questions = [new Packet.Question(question.name, question.type, question.class)];
  if (question.edns) {
    packet.additionals = [Packet.Resource.EDNS([], { udpPayloadSize: UDP_SIZE_BYTES })];
  }
  return packet;
}

/** As many answers as fit, marked so that the client asks again over TCP. */
function truncated(
  packet: Packet,
  { question, limitBytes }: ResponseOptions & { readonly question: Question },
): Buffer {
  const all = packet.answers;
  packet.header.tc = 1;
  packet.additionals = emptyResponse(question).additionals;
  for (let count = all.length; ; count = Math.floor(count / 2)) {
    packet.answers = all.slice(0, count);
    const part = packet.toBuffer();
    if (part.length <= limitBytes || count === 0) return part;
  }
}

function resource(question: Question, record: ZoneRecord): Packet["answers"][number] {
  const { name = question.name, ...data } = record;
  const common = { name, class: CLASS_IN, ttl: TTL_SECONDS };
  if (data.type === TYPE.SRV) {
    return new Packet.Resource({ ...common, ...data, weight: 100, priority: 0 });
  }
  if (data.type !== TYPE.SOA) return new Packet.Resource({ ...common, ...data });
  const soa = { primary: `ns.dns.${data.zone}`, admin: `hostmaster.${data.zone}`, serial: 1 };
  return new Packet.Resource({ ...common, type: TYPE.SOA, ...soa, ...SOA_TIMERS });
}
