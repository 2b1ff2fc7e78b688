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
  /** Makes the queue of a module. */
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
