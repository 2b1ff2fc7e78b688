import type { LogOptions } from "../../types.ts";
import type { Frame } from "./frames.ts";
import type { LogFiles } from "./log-files.ts";

const NEWLINE = 0x0a;
const NANOSECONDS_PER_MS = 1_000_000n;

/** Where the frames come from, each time from the beginning. */
type Frames = (follow: boolean) => AsyncIterable<Frame>;

/** A log, and when nothing more comes: its container has ended. */
export interface LogSource {
  readonly log: LogFiles;
  readonly ended: Promise<unknown>;
}

/** What a log has when it is opened and, with `follow`, what comes later. */
export async function* openLog(
  { log, ended }: LogSource,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await using kept = await log.kept();
  async function* followed(): AsyncGenerator<Frame> {
    yield* kept.frames();
    yield* log.frames({ until: ended, from: kept.end }, signal);
  }
  yield* readLog((follow) => (follow ? followed() : kept.frames()), options);
}

/**
 * A log as `kubectl logs` wants it, in bytes of its own: cut, and with the time before each line where asked. The times
 * are those at which the first bytes of a line were written.
 */
async function* readLog(frames: Frames, options: LogOptions): AsyncGenerator<Uint8Array> {
  const { follow, timestamps, since, tailLines } = options;
  const sinceNs = since && BigInt(since.getTime()) * NANOSECONDS_PER_MS;
  const skip =
    tailLines === undefined ? 0 : Math.max(0, (await count(frames(false), sinceNs)) - tailLines);
  if (!timestamps && skip === 0 && sinceNs === undefined) {
    for await (const { bytes } of frames(follow)) yield Uint8Array.from(bytes);
    return;
  }
  let begun = 0;
  const kept = { stdout: false, stderr: false };
  for await (const line of lines(frames(follow), sinceNs)) {
    if (line.begins) kept[line.stream] = ++begun > skip;
    if (!kept[line.stream]) continue;
    if (timestamps && line.begins) yield Buffer.from(`${timeText(line.timeNs)} `);
    yield Uint8Array.from(line.bytes);
  }
}

/** Part of a line, with its newline if it has one. */
interface Piece extends Frame {
  /** Nothing of the line came before. */
  readonly begins: boolean;
}

async function* lines(
  frames: AsyncIterable<Frame>,
  sinceNs: bigint | undefined,
): AsyncGenerator<Piece> {
  const open = { stdout: false, stderr: false };
  for await (const frame of frames) {
    if (sinceNs !== undefined && frame.timeNs < sinceNs) continue;
    const { bytes, stream } = frame;
    for (let at = 0; at < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline + 1;
      yield { ...frame, bytes: bytes.subarray(at, end), begins: !open[stream] };
      open[stream] = newline < 0;
      at = end;
    }
  }
}

async function count(frames: AsyncIterable<Frame>, sinceNs: bigint | undefined): Promise<number> {
  let begun = 0;
  for await (const { begins } of lines(frames, sinceNs)) if (begins) begun += 1;
  return begun;
}

/** RFC 3339 with nanoseconds, in UTC: `2026-11-30T11:23:27.000000001Z`. */
function timeText(timeNs: bigint): string {
  const ms = Number(timeNs / NANOSECONDS_PER_MS);
  const belowSecond = String(timeNs % 1_000_000_000n).padStart(9, "0");
  return `${new Date(ms).toISOString().slice(0, 19)}.${belowSecond}Z`;
}
