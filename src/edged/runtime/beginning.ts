/** kubelet's limit for what a probe or hook prints. */
export const MAX_OUTPUT_BYTES = 16 * 1024;

/** The beginning of an output, which is read to its end so that nobody who writes it is stopped. */
export async function beginning(output: AsyncIterable<Uint8Array>): Promise<string> {
  const kept: Uint8Array[] = [];
  let room = MAX_OUTPUT_BYTES;
  for await (const bytes of output) {
    kept.push(bytes.subarray(0, room));
    room = Math.max(room - bytes.length, 0);
  }
  return Buffer.concat(kept).toString();
}
