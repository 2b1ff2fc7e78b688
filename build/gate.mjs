// `npm test`: the whole gate, with all its own set-up. Ends with `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { prepareBox, prepareKubectl, preparePlatforms } from "./foreign.mjs";
import {
  aptInstall,
  buildAllTargets,
  buildBinary,
  installPackages,
  Refusal,
  root,
  toolEnv,
  which,
} from "./host.mjs";
import { ownTemporary, takeLeftovers } from "./leftovers.mjs";
import { filesOf, runSuite, shards } from "./suites.mjs";

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

/** Test suites, the quick ones first: more processes where tests wait more than they work. */
const SUITES = [
  {
    name: "unit",
    processes: 1,
    parts: [["src", "test/kit", "test/architecture.test.ts", "test/docs.test.ts"]],
  },
  {
    name: "integration",
    processes: 2,
    preload: "./test/kit/with-engine.ts",
    parts: shards("test/integration", 6),
  },
  {
    name: "end to end",
    processes: 3,
    preload: "./test/kit/with-engine.ts",
    parts: filesOf("test/e2e"),
  },
  {
    name: "pods without an engine",
    processes: 3,
    preload: "./test/kit/without-engine.ts",
    parts: filesOf("test/e2e/pods"),
  },
];
/** An emulated machine has work all the time: it runs beside the suites, in what they leave idle. */
const MACHINES = {
  name: "machines of their own",
  processes: 1,
  parts: [IS_SOAK ? ["test/box"] : ["test/box/power-cuts.test.ts", "test/box/arm64.test.ts"]],
  isBehindOthers: true,
};

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

async function run(suite) {
  console.log(`== ${suite.name}`);
  const { passed, failed } = await runSuite(suite, { temporary, endsAt: startedAt + MAX_GATE_MS });
  count(suite.name, passed, failed);
}

async function runAll(suites) {
  for (const suite of suites) await run(suite);
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
  prepareBox();
  for (const check of CHECKS) runCheck(check);
  buildBinary();
  buildAllTargets();
  count("build", 1, 0);
  await Promise.all([run(MACHINES), runAll(SUITES)]);
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error);
  count("set-up", 0, 1);
} finally {
  checkLeftovers();
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
