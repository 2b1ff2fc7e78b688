// `npm start`: from a fresh clone to a running cluster. Everything as the invoking user; root only
// for packages and for `edgesite start` itself.
import { spawn } from "node:child_process";
import { ensureEngine, ensureKubectl } from "./engine.mjs";
import { buildBinary, installPackages, isRoot, Refusal, which } from "./host.mjs";

const flags = process.argv.slice(2);
const assumeYes = flags.includes("--yes");

try {
  installPackages();
  const binary = buildBinary();
  await ensureEngine({ assumeYes });
  ensureKubectl();
  start(binary, ["start", ...flags.filter((flag) => flag !== "--yes")]);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** edgesite gets the terminal's signals itself: this process only waits for its exit code. */
function start(binary, args) {
  if (!isRoot && !which("sudo")) {
    console.error("There is no sudo: edgesite starts without root, so this node runs no pods");
  }
  const elevate = !isRoot && which("sudo");
  const child = elevate
    ? spawn("sudo", [binary, ...args], { stdio: "inherit" })
    : spawn(binary, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"])
    process.on(signal, () => undefined);
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}
