// What a run of the tests must not leave on the machine. Its own temporary directory and its own name
// tell it from whatever else runs here.
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { runAsRoot } from "./host.mjs";

/** Short: paths of unix sockets end at 107 bytes. */
const PREFIX = "es-";
const NAMESPACES = "/run/netns";

/**
 * The directory that a run has for itself; its name marks all else that the run makes. Everybody may
 * pass through it: some tests run programs as somebody without privilege.
 */
export function ownTemporary() {
  const path = mkdtempSync(join(tmpdir(), PREFIX));
  chmodSync(path, 0o711);
  return path;
}

/** One line for each thing that is still there; the files are removed. */
export function takeLeftovers(temporary) {
  const left = [
    ...readdirSync(temporary).map((name) => `file ${join(temporary, name)}`),
    ...mountsBelow(temporary).map((path) => `mount ${path}`),
    ...processesWith(temporary).map((line) => `process ${line}`),
    ...namesIn(NAMESPACES)
      .filter((name) => name.includes(basename(temporary)))
      .map((name) => `network namespace ${name}`),
  ];
  if (mountsBelow(temporary).length === 0) runAsRoot("rm", ["-rf", temporary]);
  return left;
}

const namesIn = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

function mountsBelow(folder) {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${folder}/`));
}

/** Processes whose command line names the directory. */
function processesWith(text) {
  return namesIn("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return command.includes(text) ? [`${pid}: ${command}`] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}
