import type { Message } from "./message.ts";

export interface SyncOptions {
  readonly signal: AbortSignal;
  /** Default 30 s, as beehive's. */
  readonly timeoutMs?: number;
}

/**
 * beehive's context: one bounded queue per module, groups, and replies matched by message id.
 * Sending to a module that does not exist rejects at once; a full queue makes the sender wait.
 */
export interface Bus {
  /** Makes the queue of a module, or puts one that exists into `group` too; repeating it is fine. */
  addModule(name: string, group?: string): void;
  /** Takes a module off the bus and fails all that wait on it. */
  cleanup(name: string): void;
  send(module: string, message: Message, signal: AbortSignal): Promise<void>;
  /** Sends, and waits for the message whose `parent_msg_id` is ours. Rejects on timeout. */
  sendSync(module: string, message: Message, options: SyncOptions): Promise<Message>;
  /** Completes the `sendSync` that `response.header.parent_msg_id` names; false when nobody waits. */
  sendResponse(response: Message): boolean;
  sendToGroup(group: string, message: Message, signal: AbortSignal): Promise<void>;
  /** Sends to all modules of a group and waits for all their answers. */
  sendToGroupSync(group: string, message: Message, options: SyncOptions): Promise<Message[]>;
  /** The next message for a module. */
  receive(module: string, signal: AbortSignal): Promise<Message>;
}

/** One module's queue, as `status` and metrics show it. Counts are since the start. */
export interface QueueStats {
  readonly module: string;
  readonly groups: readonly string[];
  /** Messages that wait to be received. */
  readonly size: number;
  readonly capacity: number;
  /** Senders that wait for room. */
  readonly waiting: number;
  readonly sent: number;
  /** How often a sender found the queue full, and how long they all waited together. */
  readonly full: number;
  readonly waitedMs: number;
}

/** The bus of this process: a `Bus` that can also be looked at. */
export interface LocalBus extends Bus {
  has(module: string): boolean;
  stats(): readonly QueueStats[];
}

/** A message was sent to a module or group that is not on the bus. */
export class UnknownModule extends Error {
  override readonly name = "UnknownModule";

  constructor(kind: "module" | "group", name: string) {
    super(`There is no ${kind} ${JSON.stringify(name)} on the bus`);
  }
}

/** No answer came within the time that `sendSync` was given. */
export class SyncTimeout extends Error {
  override readonly name = "SyncTimeout";

  constructor(to: string, timeoutMs: number) {
    super(`No answer came from ${to} within ${timeoutMs} ms`);
  }
}
