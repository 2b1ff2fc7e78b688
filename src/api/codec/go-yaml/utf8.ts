import { isUtf8 } from "node:buffer";
import { refusal } from "./cursor.ts";

/**
 * Refuses bytes that are no UTF-8 in go-yaml's words.
 *
 * @throws DecodeError
 */
export function checkUtf8(bytes: Uint8Array): void {
  if (isUtf8(bytes)) return;
  for (let at = 0; at < bytes.length; ) {
    const width = widthOf(bytes[at] ?? 0);
    if (width === 0) throw refusal("invalid leading UTF-8 octet");
    if (at + width > bytes.length) throw refusal("incomplete UTF-8 octet sequence");
    const trailing = bytes.subarray(at + 1, at + width);
    if (trailing.some((byte) => (byte & 0xc0) !== 0x80))
      throw refusal("invalid trailing UTF-8 octet");
    if (!isUtf8(bytes.subarray(at, at + width))) throw refusal("invalid Unicode character");
    at += width;
  }
}

/** Of the character that begins with a byte; 0 where none does. */
function widthOf(first: number): number {
  if (first < 0x80) return 1;
  if ((first & 0xe0) === 0xc0) return 2;
  if ((first & 0xf0) === 0xe0) return 3;
  return (first & 0xf8) === 0xf0 ? 4 : 0;
}
