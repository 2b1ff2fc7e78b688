import { readFile } from "node:fs/promises";
import { errorCode } from "#lib/errors.ts";

/** Fields of /proc/PID/stat behind the name, which stands in parentheses; the first is the state. */
const START_TIME = 19;

/**
 * When the kernel started a process, in its ticks since boot, as text: together with the number it
 * names one process only. Empty when there is none of that number.
 */
export async function processStart(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[START_TIME] ?? "";
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ESRCH") return "";
    throw error;
  }
}
