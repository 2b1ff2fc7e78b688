/**
 * Runs the benchmarks, or those that the command line names, one after another: each in a process
 * and a network namespace of its own. Standard output carries one JSON line per benchmark and
 * nothing else; `--name=value` goes on to the benchmarks.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { unmountBelow } from "#linux/mount.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { output, run as runProgram } from "#test/kit/process.ts";
import { NAMESPACE_VARIABLE } from "./kit/site.ts";

const SUFFIX = ".bench.ts";

const known = [...new Bun.Glob(`*${SUFFIX}`).scanSync(import.meta.dir)]
  .map((file) => basename(file, SUFFIX))
  .toSorted();
const options = process.argv.slice(2).filter((arg) => arg.startsWith("--"));
const names = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const unknown = names.filter((name) => !known.includes(name));

/** Interrupted: what runs is ended, its namespace is removed, nothing more is begun. */
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());

/** Ends what a benchmark that was interrupted has left running in its namespace. */
async function endAllIn({ name }: NetworkNamespace): Promise<void> {
  const pids = (await output(["ip", "netns", "pids", name]))
    .split("\n")
    .filter((pid) => pid !== "");
  for (const pid of pids) await runProgram(["kill", "-KILL", pid]);
}

async function run(name: string): Promise<boolean> {
  await using namespace = await NetworkNamespace.create();
  const directory = mkdtempSync(join(tmpdir(), "edgesite-bench-"));
  const file = `${import.meta.dir}/${name}${SUFFIX}`;
  const child = Bun.spawn(namespace.command([process.execPath, file, ...options]), {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, [NAMESPACE_VARIABLE]: namespace.name, TMPDIR: directory },
  });
  const end = (): void => child.kill();
  stop.signal.addEventListener("abort", end, { once: true });
  if (stop.signal.aborted) end();
  const exitCode = await child.exited;
  stop.signal.removeEventListener("abort", end);
  await endAllIn(namespace);
  // Pods go on after their site: so do the volumes that they hold in memory.
  unmountBelow(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  return exitCode === 0;
}

if (unknown.length > 0) {
  console.error(`No benchmark '${unknown.join("', '")}': there are ${known.join(", ")}`);
  process.exitCode = 64;
} else {
  for (const name of names.length > 0 ? names : known) {
    if (stop.signal.aborted || (await run(name))) continue;
    console.error(`The benchmark '${name}' failed`);
    process.exitCode = 1;
  }
}
