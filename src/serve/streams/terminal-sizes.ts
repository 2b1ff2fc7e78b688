import type { TerminalSize } from "#api/node-streams.ts";

/** Longest resize message that is kept while it is incomplete; they are 30 bytes long. */
const MAX_PENDING_CHARS = 4096;

/**
 * The sizes in a resize stream: JSON objects `{"Width":80,"Height":24}` one after the other, cut
 * anywhere. What is not a size is passed over.
 */
export async function* terminalSizes(
  bytes: ReadableStream<Uint8Array>,
): AsyncGenerator<TerminalSize, void, undefined> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of bytes) {
    pending += decoder.decode(chunk, { stream: true });
    let end = pending.indexOf("}");
    for (; end >= 0; end = pending.indexOf("}")) {
      const size = parseSize(pending.slice(0, end + 1));
      pending = pending.slice(end + 1);
      if (size) yield size;
    }
    if (pending.length > MAX_PENDING_CHARS) pending = "";
  }
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height }: Record<string, unknown> = JSON.parse(text);
    return isCells(width) && isCells(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

const isCells = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff;
