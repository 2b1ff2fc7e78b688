import { isIPv4, isIPv6 } from "node:net";
import { ipv4Bytes } from "../cidr.ts";

/** The 4 or 16 bytes of an IP address in network order; `undefined` when the text is no address. */
export function ipBytes(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return ipv4Bytes(text);
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [before = "", after] = dottedTailAsGroups(text).split("::");
  const head = groups(before);
  const tail = groups(after ?? "");
  const missing = after === undefined ? 0 : 8 - head.length - tail.length;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [index, group] of [...head, ...Array(missing).fill(0), ...tail].entries()) {
    view.setUint16(index * 2, group);
  }
  return bytes;
}

/** `::ffff:10.0.0.1` as `::ffff:a00:1`. */
function dottedTailAsGroups(text: string): string {
  const at = text.lastIndexOf(":") + 1;
  if (!text.includes(".")) return text;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4Bytes(text.slice(at));
  return `${text.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

const groups = (text: string): number[] =>
  text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
