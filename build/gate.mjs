// `npm test`: the whole gate, with all its own set-up. Ends with `N passed, N failed`.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { prepareBox, prepareKubectl, preparePlatforms } from "./foreign.mjs";
import {
  aptInstall,
  buildAllTargets,
  buildBinary,
  installPackages,
  isRoot,
  ownSettings,
  Refusal,
  root,
  toolEnv,
  which,
} from "./host.mjs";
import { ownTemporary, takeLeftovers } from "./leftovers.mjs";

/** Programs that the tests run, and the packages that bring them; installed and left. */
const PROGRAMS = {
  dockerd: "docker.io",
  containerd: "containerd",
  iptables: "iptables",
  ip: "iproute2",
  nsenter: "util-linux",
  openssl: "openssl",
  curl: "curl",
  nft: "nftables",
  ufw: "ufw",
  dnsmasq: "dnsmasq-base",
  dig: "bind9-dnsutils",
};
/** Files of packages without a program to know them by. */
const FILES = ["busybox-static", "libfaketime", "debian-archive-keyring"];
const IS_SOAK = process.env.EDGESITE_SOAK === "1";
/** The gate must end within 30 minutes; `npm run soak` may take a night. */
const MAX_GATE_MS = (IS_SOAK ? 12 * 60 : 28) * 60_000;

const SOURCES = ["src", "test", "build"];

/** Static checks: each counts as one test. */
const CHECKS = [
  ["types", ["tsc"]],
  ["format and lint", ["biome", "ci", "--error-on-warnings"]],
  ["promises", ["oxlint", "--type-aware", "-c", "build/oxlint.json", ...SOURCES]],
  ["dead code", ["knip", "-c", "build/knip.json"]],
  ["copies", ["jscpd", "-c", "build/jscpd.json", "src"]],
];

const WITH_ENGINE = ["--preload", "./test/kit/with-engine.ts"];
const WITHOUT_ENGINE = ["--preload", "./test/kit/without-engine.ts"];
/**
 * Test suites, the quick ones first; bun counts what is in them. Those that wait more than they
 * work run as two processes side by side, each with an engine of its own.
 */
const SUITES = [
  ["unit", 1, ["src", "test/kit", "test/architecture.test.ts", "test/docs.test.ts"]],
  ["integration", 2, [...WITH_ENGINE, "test/integration"]],
  ["end to end", 2, [...WITH_ENGINE, "test/e2e"]],
  ["pods without an engine", 2, [...WITHOUT_ENGINE, "test/e2e/pods"]],
  // Whole machines take minutes to start where they are emulated.
  ...(IS_SOAK ? [["machines of their own", 2, ["test/box"]]] : []),
];

/** A line about a test that passed; the values in its name may span lines. */
const PASSED =
  /^\(pass\)(?:(?!^\((?:pass|fail|skip|todo)\))[\s\S])*?\[[\d.]+m?s\]\n|^\(pass\).*\n/gm;
/** The heading of a file that has nothing else to say. */
const QUIET_FILE = /^\S+\.test\.ts:\n\n/gm;

/** Where the tests make their files. */
const temporary = ownTemporary();

const totals = { passed: 0, failed: 0 };
const startedAt = Date.now();

function count(name, passed, failed) {
  totals.passed += passed;
  totals.failed += failed;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  console.log(`== ${name}: ${passed} passed, ${failed} failed (${seconds} s so far)`);
}

function runCheck([name, [program, ...args]]) {
  console.log(`== ${name}`);
  const { status } = spawnSync(program, args, { cwd: root, env: toolEnv(), stdio: "inherit" });
  count(name, status === 0 ? 1 : 0, status === 0 ? 0 : 1);
}

async function runSuite([name, shards, args]) {
  console.log(`== ${name}`);
  const results = await Promise.all(
    Array.from({ length: shards }, (_, index) =>
      runShard([`--shard=${index + 1}/${shards}`, ...args]),
    ),
  );
  const sum = (of) => results.reduce((total, result) => total + result[of], 0);
  count(name, sum("passed"), sum("failed"));
}

/** Tests that end without saying how many passed have failed as a whole. */
async function runShard(args) {
  const child = asRoot(["bun", "test", ...args]);
  const chunks = [];
  child.stderr.on("data", (chunk) => chunks.push(chunk));
  const [status] = await once(child, "close");
  const text = Buffer.concat(chunks).toString();
  process.stdout.write(text.replace(PASSED, "").replace(QUIET_FILE, ""));
  const passed = Number(/^\s*(\d+) pass$/m.exec(text)?.[1] ?? 0);
  const failed = Number(/^\s*(\d+) fail$/m.exec(text)?.[1] ?? 0);
  return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed };
}

/** Network namespaces and engines need root. */
function asRoot([program, ...args]) {
  const options = {
    cwd: root,
    env: { ...toolEnv(), TMPDIR: temporary },
    stdio: ["ignore", "inherit", "pipe"],
    timeout: Math.max(1, MAX_GATE_MS - (Date.now() - startedAt)),
  };
  if (isRoot) return spawn(program, args, options);
  if (!which("sudo"))
    throw new Refusal("The gate needs root for network namespaces: run it as root");
  const env = [`PATH=${options.env.PATH}`, `TMPDIR=${temporary}`, ...ownSettings()];
  return spawn("sudo", ["env", ...env, program, ...args], options);
}

/** Nothing but packages stays on the machine. */
function checkLeftovers() {
  const left = takeLeftovers(temporary);
  for (const line of left) console.log(`Left behind: ${line}`);
  count("leftovers", left.length === 0 ? 1 : 0, left.length === 0 ? 0 : 1);
}

/** A program that is there is never replaced, whoever brought it. */
function installPrograms() {
  const missing = Object.entries(PROGRAMS).filter(([program]) => !which(program));
  aptInstall([...missing.map(([, name]) => name), ...FILES]);
  if (!which("docker")) aptInstall(["docker-cli"]); // newer releases have split it off
}

try {
  installPackages();
  installPrograms();
  prepareKubectl();
  preparePlatforms();
  if (IS_SOAK) prepareBox();
  for (const check of CHECKS) runCheck(check);
  buildBinary();
  buildAllTargets();
  count("build", 1, 0);
  for (const suite of SUITES) await runSuite(suite);
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error);
  count("set-up", 0, 1);
} finally {
  checkLeftovers();
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
