import { deepFreeze } from "#lib/freeze.ts";
import { jsonText } from "#lib/json-text.ts";
import { OPERATION } from "./constants.ts";

/**
 * KubeEdge's beehive message, with its exact JSON (staging/src/github.com/kubeedge/beehive
 * pkg/core/model/message.go). In process it travels by reference and frozen.
 */
export interface Message<C = unknown> {
  readonly header: MessageHeader;
  readonly route: MessageRoute;
  readonly content: C;
}

export interface MessageHeader {
  readonly msg_id: string;
  /** The message that this one answers. */
  readonly parent_msg_id?: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly resourceversion?: string;
  /** The sender waits for an answer. */
  readonly sync?: boolean;
  /** How it travels: `""`, `channel` or `unixpacket`. */
  readonly type?: string;
}

export interface MessageRoute {
  readonly source?: string;
  readonly destination?: string;
  readonly group?: string;
  readonly operation?: string;
  /** `<namespace>/<type>/<name>`, behind `node/<id>/` on the way to or from a joined node. */
  readonly resource?: string;
}

export interface MessageInit<C> extends MessageRoute {
  readonly content: C;
  readonly parentId?: string;
  readonly resourceVersion?: string;
}

/** Makes a message with an id and a time of its own. The content is frozen with it. */
export function newMessage<C>(init: MessageInit<C>): Message<C> {
  const { content, parentId, resourceVersion, ...route } = init;
  return deepFreeze({
    header: {
      msg_id: crypto.randomUUID(),
      ...(parentId !== undefined && { parent_msg_id: parentId }),
      timestamp: Date.now(),
      ...(resourceVersion !== undefined && { resourceversion: resourceVersion }),
    },
    route,
    content,
  });
}

/** The answer to `request`: its route, with operation `response`. */
export function responseTo<C>(request: Message, content: C): Message<C> {
  return answer(request, { operation: OPERATION.response, content });
}

/**
 * The answer that says why `request` failed. Its parent is the request itself; beehive's
 * NewErrorMessage took the request's own parent, so that nobody who waited ever saw it.
 */
export function errorTo<C>(request: Message, content: C): Message<C> {
  return answer(request, { operation: OPERATION.error, content });
}

/** True for what answers another message, whether somebody still waits for it or not. */
export function isAnswer({ route }: Message): boolean {
  return route.operation === OPERATION.response || route.operation === OPERATION.error;
}

function answer<C>(
  { header, route }: Message,
  { operation, content }: { operation: string; content: C },
): Message<C> {
  return newMessage({ ...route, operation, content, parentId: header.msg_id });
}

/** The same message again, with an id and a time of its own. */
export function cloneMessage<C>({ header, route, content }: Message<C>): Message<C> {
  return deepFreeze({
    header: { ...header, msg_id: crypto.randomUUID(), timestamp: Date.now() },
    route,
    content,
  });
}

/** The same message, id included, marked as one whose sender waits, or as one whose sender does not. */
export function withSync<C>(message: Message<C>, sync: boolean): Message<C> {
  if (Boolean(message.header.sync) === sync) return message;
  const { sync: _, ...header } = message.header;
  return deepFreeze({ ...message, header: sync ? { ...header, sync } : header });
}

/** The content as Go's `GetContentData` gives it: a string as it is, all else as JSON. */
export function contentText({ content }: Message): string {
  if (typeof content === "string") return content;
  if (content instanceof Uint8Array) return new TextDecoder().decode(content);
  return jsonText(content ?? null);
}

/** beehive's JSON: empty fields are left out, `header`, `route` and `content` never. */
export function encodeMessage({ header, route, content }: Message): string {
  return jsonText({
    header: withoutEmpty(header),
    route: withoutEmpty(route),
    content: content ?? null,
  });
}

/**
 * Reads what `encodeMessage`, or a Go peer, wrote.
 * @throws {SyntaxError} when it is not JSON.
 * @throws {TypeError} when it is not a message.
 */
export function decodeMessage(text: string): Message {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new TypeError("Cannot read a message that is not an object");
  const { header, route = {}, content } = value;
  if (!isHeader(header)) throw new TypeError("Cannot read a message without a valid 'header'");
  if (!isRoute(route)) throw new TypeError("Cannot read a message without a valid 'route'");
  return deepFreeze({ header, route, content });
}

function withoutEmpty(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => name === "timestamp" || Boolean(value)),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isHeader(value: unknown): value is MessageHeader {
  if (!isRecord(value)) return false;
  const { msg_id, timestamp, sync, ...texts } = value;
  return (
    typeof msg_id === "string" &&
    msg_id !== "" &&
    typeof timestamp === "number" &&
    (sync === undefined || typeof sync === "boolean") &&
    areTexts(texts, ["parent_msg_id", "resourceversion", "type"])
  );
}

function isRoute(value: unknown): value is MessageRoute {
  return (
    isRecord(value) && areTexts(value, ["source", "destination", "group", "operation", "resource"])
  );
}

function areTexts(fields: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => fields[name] === undefined || typeof fields[name] === "string");
}
