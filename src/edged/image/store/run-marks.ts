import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { writeFileAtomically } from "#lib/atomic-file.ts";

/** Which run of the site this is, and what is known of those before. */
interface Marks {
  readonly run: number;
  /** The last run whose layers were all there when the site stopped as it should. */
  readonly trustedRun: number;
  readonly stopped: boolean;
}

const FIRST: Marks = { run: 0, trustedRun: 0, stopped: true };

/** Tells a start after a power cut or a crash from one after a stop. */
export class RunMarks {
  readonly #path: string;
  readonly #marks: Marks;
  /** The run before did not stop as it should. */
  readonly isDoubtful: boolean;

  /** Begins a run. */
  constructor(path: string) {
    this.#path = path;
    const last = readMarks(path);
    this.isDoubtful = !last.stopped;
    const trustedRun = last.stopped ? last.run : last.trustedRun;
    this.#marks = { run: last.run + 1, trustedRun, stopped: false };
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    write(path, this.#marks);
  }

  get run(): number {
    return this.#marks.run;
  }

  get trustedRun(): number {
    return this.#marks.trustedRun;
  }

  /** The site stops as it should. */
  stop(): void {
    write(this.#path, { ...this.#marks, stopped: true });
  }
}

function write(path: string, marks: Marks): void {
  writeFileAtomically(path, { text: `${JSON.stringify(marks)}\n`, mode: 0o600 });
}

/** Marks that cannot be read are those of a run that ended badly. */
function readMarks(path: string): Marks {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return FIRST;
  }
  try {
    const { run, trustedRun, stopped }: Partial<Marks> = JSON.parse(text);
    if (typeof run === "number" && typeof trustedRun === "number") {
      return { run, trustedRun, stopped: stopped === true };
    }
  } catch {
    // Said below.
  }
  return { run: 1, trustedRun: 0, stopped: false };
}
