/** One piece of output: Docker frames both outputs of a process onto one connection. */
export interface Frame {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Takes apart the frames of a process without a terminal: `[stream, 0, 0, 0, length, …]`. Gives
 * pieces on as they come and holds back nothing but an unfinished header.
 */
export async function* frames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let header = new Uint8Array(0);
  let stream: Frame["stream"] = "stdout";
  let missing = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (rest.length > 0) {
      if (missing === 0) {
        const wanted = HEADER_BYTES - header.length;
        header = Buffer.concat([header, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (header.length < HEADER_BYTES) break;
        stream = header[0] === STDERR ? "stderr" : "stdout";
        missing = new DataView(header.buffer, header.byteOffset).getUint32(4);
        header = new Uint8Array(0);
        continue;
      }
      const bytes = rest.subarray(0, missing);
      rest = rest.subarray(bytes.length);
      missing -= bytes.length;
      yield { stream, bytes };
    }
  }
}

/** The output of a process with a terminal, which is not framed. */
export async function* unframed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  for await (const bytes of source) yield { stream: "stdout", bytes };
}
