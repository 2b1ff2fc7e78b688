import { write } from "node:fs";
import { promisify } from "node:util";
import { must } from "#lib/errors.ts";
import { check, lastErrno, libc } from "../libc.ts";
import {
  encodeRequest,
  isDump,
  type NetlinkMessage,
  type NetlinkRequest,
  parseMessages,
  verdictOf,
} from "./message.ts";
import { NetlinkError } from "./netlink-error.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SOL_NETLINK = 270;
const SO_RCVTIMEO = 20;
const SO_SNDBUFFORCE = 32;
const NETLINK_EXT_ACK = 11;
const NETLINK_CAP_ACK = 10;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** NLM_F_DUMP_INTR */
const DUMP_INTERRUPTED = 0x10;
const EINTR = 4;
const NLMSG_DONE = 3;
/** The kernel fills at most 32 KiB per read of a dump; an acknowledgement is smaller. */
const RECEIVE_BYTES = 1 << 16;
/** A batch goes in one message: room for some 10,000 set elements. */
const SEND_BYTES = 1 << 22;

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export interface NetlinkOptions {
  /** `NETLINK_ROUTE` or `NETLINK_NETFILTER`. */
  readonly protocol: number;
  /** How long the kernel may take for an answer. Default 2 s. */
  readonly timeoutMs?: number;
  /** Bit mask of the first 32 multicast groups to listen to. */
  readonly groups?: number;
}

/**
 * A netlink socket in the network namespace that the thread is in when it is opened. Requests are
 * synchronous: most take microseconds, none longer than the timeout.
 */
export class NetlinkSocket implements Disposable {
  readonly fd: number;
  readonly #protocol: number;
  readonly #received = Buffer.from(new ArrayBuffer(RECEIVE_BYTES));
  #sequence = 1;

  constructor({ protocol, timeoutMs = 2000, groups = 0 }: NetlinkOptions) {
    this.#protocol = protocol;
    this.fd = check(
      libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol),
      "open a netlink socket",
    );
    try {
      this.#setup(timeoutMs, groups);
    } catch (error) {
      libc.close(this.fd);
      throw error;
    }
  }

  /**
   * Sends a request and returns what the kernel answers, all of it for a dump.
   * @throws {NetlinkError} when the kernel refuses it.
   */
  request(request: NetlinkRequest): readonly NetlinkMessage[] {
    const sequence = this.#sequence++;
    this.#send(encodeRequest(request, sequence), request.what);
    const answers: NetlinkMessage[] = [];
    let torn = false;
    for (;;) {
      const received = this.#receive(request.what, 0);
      for (const message of received.filter((one) => one.sequence === sequence)) {
        torn ||= (message.flags & DUMP_INTERRUPTED) !== 0;
        // What was listed changed meanwhile: an entry may be missing or there twice.
        if (isLast(message, request.what)) return torn ? this.request(request) : answers;
        answers.push(message);
      }
    }
  }

  /**
   * As `request`, on another thread: for the few that make the kernel wait for all its CPUs, such
   * as the removal of a link (16 to 36 ms).
   */
  async requestInBackground(request: NetlinkRequest): Promise<void> {
    if (isDump(request)) throw new TypeError("A dump cannot run in the background");
    using own = new NetlinkSocket({ protocol: this.#protocol });
    const sequence = own.#sequence++;
    const bytes = encodeRequest(request, sequence);
    // The kernel does the work inside write(2), which Bun calls on a thread of its pool.
    await promisify(write)(own.fd, bytes);
    own.#finish({ first: sequence, last: sequence, what: [request.what] });
  }

  /**
   * Sends several requests in one message: nf_tables applies all of them or none.
   * Only the last one that is not an end mark may ask for an acknowledgement.
   * @throws {NetlinkError} of the first request that the kernel refuses.
   */
  batch(requests: readonly NetlinkRequest[]): void {
    const first = this.#sequence;
    this.#sequence += requests.length;
    const encoded = requests.map((request, index) => encodeRequest(request, first + index));
    const what = requests.map((request) => request.what);
    const acknowledged = requests.findLastIndex(({ acknowledge }) => acknowledge !== false);
    this.#send(Buffer.concat(encoded), must(what[acknowledged], "a request to acknowledge"));
    this.#finish({ first, last: first + acknowledged, what });
  }

  [Symbol.dispose](): void {
    libc.close(this.fd);
  }

  #setup(timeoutMs: number, groups: number): void {
    const timeout = Buffer.alloc(16);
    timeout.writeBigInt64LE(BigInt(Math.trunc(timeoutMs / 1000)), 0);
    timeout.writeBigInt64LE(BigInt((timeoutMs % 1000) * 1000), 8);
    check(libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVTIMEO, timeout, 16), "set a timeout");
    // Refused without CAP_NET_ADMIN, and then nothing big will be sent either.
    libc.setsockopt(this.fd, SOL_SOCKET, SO_SNDBUFFORCE, int(SEND_BYTES), 4);
    // Absent before Linux 4.12: errors then come without text.
    libc.setsockopt(this.fd, SOL_NETLINK, NETLINK_EXT_ACK, int(1), 4);
    libc.setsockopt(this.fd, SOL_NETLINK, NETLINK_CAP_ACK, int(1), 4);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(groups, 8);
    check(libc.bind(this.fd, address, address.length), "bind a netlink socket");
  }

  #send(bytes: Buffer, what: string): void {
    check(libc.send(this.fd, bytes, bytes.length, 0), what);
  }

  #receive(what: string, flags: number): readonly NetlinkMessage[] {
    const length = this.#receiveBytes(what, flags);
    if (length > RECEIVE_BYTES) throw new RangeError(`Cannot ${what}: the answer is too long`);
    return parseMessages(Buffer.from(this.#received.subarray(0, length)));
  }

  /** A socket with a timeout gives up for every signal, whatever SA_RESTART says (signal(7)). */
  #receiveBytes(what: string, flags: number): number {
    for (;;) {
      const received = libc.recv(this.fd, this.#received, RECEIVE_BYTES, flags | MSG_TRUNC);
      if (received >= 0 || lastErrno() !== EINTR) return check(received, what);
    }
  }

  /** Reads answers until `last` is acknowledged, or until the refusals of the batch are read. */
  #finish({ first, last, what }: Batch): void {
    const whatOf = (sequence: number): string => what[sequence - first] ?? "do a batch";
    for (;;) {
      for (const message of this.#receive(whatOf(last), 0)) {
        const verdict = message.sequence < first ? undefined : verdictOf(message);
        if (verdict === undefined) continue;
        if (verdict.errno !== 0) {
          this.#drain();
          throw new NetlinkError({ what: whatOf(message.sequence), ...verdict });
        }
        if (message.sequence === last) return;
      }
    }
  }

  /** Drops what waits to be read. */
  #drain(): void {
    while (libc.recv(this.fd, this.#received, RECEIVE_BYTES, MSG_DONTWAIT) >= 0);
  }
}

/** The requests of one message. */
interface Batch {
  readonly first: number;
  /** The one that is acknowledged. */
  readonly last: number;
  readonly what: readonly string[];
}

/** Whether a message ends the answer. @throws {NetlinkError} when it is a refusal. */
function isLast(message: NetlinkMessage, what: string): boolean {
  const verdict = verdictOf(message);
  if (verdict === undefined) return message.type === NLMSG_DONE;
  if (verdict.errno !== 0) throw new NetlinkError({ what, ...verdict });
  return true;
}

function int(value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeInt32LE(value);
  return data;
}
