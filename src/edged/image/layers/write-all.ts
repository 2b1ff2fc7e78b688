import { writeSync } from "node:fs";

/** Writes all of the bytes: one call stops half-way on a disk that fills up, and calls it success. */
export function writeAll(descriptor: number, bytes: Uint8Array, offset?: number): void {
  for (let done = 0; done < bytes.length; ) {
    const at = offset === undefined ? null : offset + done;
    done += writeSync(descriptor, bytes, done, bytes.length - done, at);
  }
}
