/**
 * Methods that the HTTP server behind the front takes and that nothing here answers to but with 405,
 * one of each length. The server refuses methods that it does not know before anyone can see them;
 * one of these goes in their place.
 */
const BY_LENGTH: ReadonlyMap<number, string> = new Map(
  [
    "ACL",
    "LOCK",
    "TRACE",
    "UNLOCK",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "MKCALENDAR",
    "UNSUBSCRIBE",
  ] //
    .map((method) => [method.length, method]),
);

/** The methods that clients of Kubernetes use, and those that stand in: they go through as they are. */
const TAKEN: ReadonlySet<string> = new Set([
  ..."GET HEAD POST PUT PATCH DELETE CONNECT".split(" "),
  ...BY_LENGTH.values(),
]);

/** Whether `method` reaches the API under its own name. */
export const isTaken = (method: string): boolean => TAKEN.has(method);

/** The method of exactly this length that goes in the place of an unknown one, if there is one. */
export const standIn = (length: number): string | undefined => BY_LENGTH.get(length);

const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]{1,64}) \/[^ \r\n]* HTTP\/1\.1\r\n/;
const LONGEST_LINE_BYTES = 8 * 1024;

/**
 * HTTP/1.1 requests that the server hung up on without an answer, with a method that it takes;
 * `undefined` when it was not the method that it did not like.
 */
export function withStandIn(requests: Buffer): Buffer | undefined {
  const line = requests.subarray(0, LONGEST_LINE_BYTES).toString("latin1");
  const method = REQUEST_LINE.exec(line)?.[1];
  if (method === undefined || isTaken(method)) return undefined;
  return Buffer.concat([Buffer.from("LOCK"), requests.subarray(method.length)]);
}
