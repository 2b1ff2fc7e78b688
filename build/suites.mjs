// Suites of tests: bun counts what is in them. The parts of a suite wait in a queue for so many
// processes, each with an engine of its own if it needs one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { isRoot, ownSettings, Refusal, root, toolEnv, which } from "./host.mjs";

/** Files that take longest, the longest first: what starts last should be short. */
const LONG = [
  "kubectl-streams.test.ts",
  "kubectl.test.ts",
  "kubectl-verbs.test.ts",
  "kubectl-workloads.test.ts",
  "kubectl-apply.test.ts",
  "kubectl-auth.test.ts",
  "traces.test.ts",
  "life.test.ts",
];

/** A line about a test that passed; the values in its name may span lines. */
const PASSED =
  /^\(pass\)(?:(?!^\((?:pass|fail|skip|todo)\))[\s\S])*?\[[\d.]+m?s\]\n|^\(pass\).*\n(?:[ }\]].*\n)*/gm;
/** The heading of a file that has nothing else to say. */
const QUIET_FILE = /^\S+\.test\.ts:\n\n/gm;

/** The parts of a folder that bun divides into so many. */
export function shards(folder, count) {
  return Array.from({ length: count }, (_, index) => [`--shard=${index + 1}/${count}`, folder]);
}

/** Every file of tests below a folder as a part of its own, those that take longest first. */
export function filesOf(folder) {
  const weightOf = (name) => LONG.toReversed().indexOf(basename(name));
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .sort((a, b) => weightOf(b) - weightOf(a))
    .map((name) => [`./${join(folder, name)}`]);
}

/** Runs what a suite consists of; answers how many tests passed and failed. */
export async function runSuite({ processes, preload, parts, isBehindOthers = false }, limits) {
  const command = [...(isBehindOthers ? ["nice", "-n", "10"] : []), "bun", "test"];
  if (preload) command.push("--preload", preload);
  const waiting = [...parts];
  const sum = { passed: 0, failed: 0 };
  const work = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      const { passed, failed } = await runPart([...command, ...part], limits);
      sum.passed += passed;
      sum.failed += failed;
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return sum;
}

/** Tests that end without saying how many passed have failed as a whole. */
async function runPart(command, limits) {
  const startedAt = Date.now();
  const child = asRoot(command, limits);
  const chunks = [];
  child.stderr.on("data", (chunk) => chunks.push(chunk));
  const [status] = await once(child, "close");
  const text = Buffer.concat(chunks).toString();
  console.log(`-- ${((Date.now() - startedAt) / 1000).toFixed(0)} s: ${command.join(" ")}`);
  process.stdout.write(text.replace(PASSED, "").replace(QUIET_FILE, ""));
  const passed = Number(/^\s*(\d+) pass$/m.exec(text)?.[1] ?? 0);
  const failed = Number(/^\s*(\d+) fail$/m.exec(text)?.[1] ?? 0);
  return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed };
}

/** Network namespaces and engines need root. */
function asRoot([program, ...args], { temporary, endsAt }) {
  const options = {
    cwd: root,
    env: { ...toolEnv(), TMPDIR: temporary },
    stdio: ["ignore", "inherit", "pipe"],
    timeout: Math.max(1, endsAt - Date.now()),
  };
  if (isRoot) return spawn(program, args, options);
  if (!which("sudo"))
    throw new Refusal("The gate needs root for network namespaces: run it as root");
  const env = [`PATH=${options.env.PATH}`, `TMPDIR=${temporary}`, ...ownSettings()];
  return spawn("sudo", ["env", ...env, program, ...args], options);
}
