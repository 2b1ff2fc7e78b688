/**
 * Runs the benchmarks, or those that the command line names, one after another: each in a process
 * and a network namespace of its own. Standard output carries one JSON line per benchmark and
 * nothing else; `--name=value` goes on to the benchmarks.
 */
import { basename } from "node:path";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { NAMESPACE_VARIABLE } from "./kit/site.ts";

const SUFFIX = ".bench.ts";

const known = [...new Bun.Glob(`*${SUFFIX}`).scanSync(import.meta.dir)]
  .map((file) => basename(file, SUFFIX))
  .toSorted();
const options = process.argv.slice(2).filter((arg) => arg.startsWith("--"));
const names = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const unknown = names.filter((name) => !known.includes(name));

async function run(name: string): Promise<boolean> {
  await using namespace = await NetworkNamespace.create();
  const file = `${import.meta.dir}/${name}${SUFFIX}`;
  const child = Bun.spawn(namespace.command([process.execPath, file, ...options]), {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, [NAMESPACE_VARIABLE]: namespace.name },
  });
  return (await child.exited) === 0;
}

if (unknown.length > 0) {
  console.error(`No benchmark '${unknown.join("', '")}': there are ${known.join(", ")}`);
  process.exitCode = 64;
} else {
  for (const name of names.length > 0 ? names : known) {
    if (await run(name)) continue;
    console.error(`The benchmark '${name}' failed`);
    process.exitCode = 1;
  }
}
