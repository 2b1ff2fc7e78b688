import { writeSync } from "node:fs";
import { runCli } from "#cli/program.ts";
import { systemClock } from "#lib/clock.ts";
import { explain } from "#lib/errors.ts";
import { processSignals } from "./signals.ts";
import { siteCommands } from "./site-commands.ts";
import { version } from "./version.ts";

/** EX_SOFTWARE of sysexits.h: a defect of edgesite itself. */
const EX_SOFTWARE = 70;

const STDOUT = 1;
const STDERR = 2;

/** Synchronous, so that no exit loses a line; a reader that went away is not our failure. */
function writer(descriptor: number): (text: string) => void {
  return (text) => {
    try {
      writeSync(descriptor, text);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && BROKEN.has(String(error.code))))
        throw error;
    }
  };
}

/** A pipe without a reader, a terminal that was closed, a terminal that cannot keep up. */
const BROKEN: ReadonlySet<string> = new Set(["EPIPE", "EIO", "EAGAIN"]);

const err = writer(STDERR);

function defect(error: unknown): never {
  const detail = error instanceof Error ? (error.stack ?? error.message) : explain(error);
  err(`edgesite: this is a defect of edgesite: ${explain(error)}\n${detail}\n`);
  process.exit(EX_SOFTWARE);
}

process.on("uncaughtException", defect);
process.on("unhandledRejection", defect);

const exitCode = await runCli(process.argv.slice(2), {
  io: {
    out: writer(STDOUT),
    err,
    interactive: process.stderr.isTTY === true,
    env: process.env,
  },
  site: siteCommands(processSignals(process, systemClock)),
  version,
}).catch(defect);
process.exit(exitCode);
