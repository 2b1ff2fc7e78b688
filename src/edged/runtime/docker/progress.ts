import type { Readable } from "node:stream";
import type { ImageProgress } from "../../image/image-progress.ts";

/** A line of an engine's progress (Docker's JSONMessage). */
export interface ProgressLine {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
}

/** Reads a progress stream to its end; an `error` line in it is the failure. */
export async function readProgress(
  progress: Readable,
  onLine: (line: ProgressLine) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  const take = (text: string): void => {
    if (text.trim() === "") return;
    const line: ProgressLine = JSON.parse(text);
    if (line.error !== undefined) throw new Error(line.error);
    onLine(line);
  };
  for await (const chunk of progress) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) take(part);
  }
  take(rest);
}

const STATES: Readonly<Record<string, ImageProgress["state"]>> = {
  "Pulling fs layer": "waiting",
  Waiting: "waiting",
  Downloading: "transferring",
  "Already exists": "present",
  "Pull complete": "done",
};

/** What a line tells of a layer, if it does. */
export function progressOf(line: ProgressLine): ImageProgress | undefined {
  const { id: part, status = "", progressDetail } = line;
  const state = STATES[status];
  if (part === undefined || state === undefined) return undefined;
  const { current: doneBytes = 0, total: totalBytes = 0 } = progressDetail ?? {};
  return { part, state, doneBytes, totalBytes };
}
