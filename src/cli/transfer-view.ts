import type { TransferProgress } from "./image-lines.ts";
import type { Io } from "./io.ts";

const BAR_WIDTH = 30;
const MIB = 1024 * 1024;

/** Shows how far transfers are: bars on a terminal, a line for each part that is done elsewhere. */
export class TransferView {
  readonly #io: Io;
  readonly #parts = new Map<string, TransferProgress>();
  #drawnLines = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  show(progress: TransferProgress): void {
    const before = this.#parts.get(progress.part);
    this.#parts.set(progress.part, progress);
    if (this.#io.interactive) return this.#draw();
    const isOver = progress.state === "done" || progress.state === "present";
    if (isOver && before?.state !== progress.state) this.#io.err(`${textOf(progress)}\n`);
  }

  #draw(): void {
    const up = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A` : "";
    const lines = [...this.#parts.values()].map((part) => `\u001b[2K${barOf(part)}\n`);
    this.#drawnLines = lines.length;
    this.#io.err(up + lines.join(""));
  }
}

function barOf(progress: TransferProgress): string {
  const { part, state, doneBytes, totalBytes } = progress;
  if (state !== "transferring" || totalBytes === 0) return textOf(progress);
  const filled = Math.floor((BAR_WIDTH * doneBytes) / totalBytes);
  const bar = "#".repeat(filled).padEnd(BAR_WIDTH, ".");
  return `${part}  [${bar}]  ${mib(doneBytes)} of ${mib(totalBytes)}`;
}

function textOf({ part, state, doneBytes, totalBytes }: TransferProgress): string {
  const bytes =
    totalBytes === 0 ? "" : `  ${mib(state === "transferring" ? doneBytes : totalBytes)}`;
  const words = {
    waiting: "waits",
    transferring: "comes",
    present: "is here already",
    done: "done",
  };
  return `${part}  ${words[state]}${bytes}`;
}

/** `12.3 MiB` */
export function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
