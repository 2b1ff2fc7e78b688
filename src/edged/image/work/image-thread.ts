/**
 * The thread that fetches, hashes and unpacks images, so that the site answers meanwhile.
 */
import { assertNever, explain } from "#lib/errors.ts";
import { ImageError } from "../image-error.ts";
import type { ImageProgress } from "../image-progress.ts";
import { ImageWork } from "./image-work.ts";
import type { FromThread, ToThread, Work } from "./protocol.ts";

declare const self: Worker;

/** How often a part of a transfer is told. */
const TELL_EVERY_MS = 100;

const running = new Map<number, AbortController>();
let images: ImageWork | undefined;

self.onmessage = ({ data }: MessageEvent<ToThread>): void => {
  switch (data.kind) {
    case "setting":
      images = new ImageWork(data.setting);
      return;
    case "work":
      void run(data.id, data.work);
      return;
    case "abort":
      running.get(data.id)?.abort(new Error("Called off"));
      return;
    default:
      assertNever(data, "message");
  }
};

async function run(id: number, work: Work): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    if (!images) throw new TypeError("The thread was not set up");
    const result = await images.run(work, teller(id), controller.signal);
    answer({ kind: "done", id, result });
  } catch (error) {
    const isTold = error instanceof ImageError;
    const defect = error instanceof Error ? (error.stack ?? error.message) : String(error);
    answer({ kind: "failed", id, isTold, message: isTold ? explain(error) : defect });
  } finally {
    running.delete(id);
  }
}

function teller(id: number): (progress: ImageProgress) => void {
  const toldMs = new Map<string, number>();
  return (progress) => {
    const nowMs = performance.now();
    const isOld = nowMs - (toldMs.get(progress.part) ?? -TELL_EVERY_MS) >= TELL_EVERY_MS;
    if (progress.state === "transferring" && !isOld) return;
    toldMs.set(progress.part, nowMs);
    answer({ kind: "progress", id, progress });
  };
}

function answer(message: FromThread): void {
  postMessage(message);
}
