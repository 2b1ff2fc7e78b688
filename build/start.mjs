// `npm start`: from a fresh clone to a running cluster. Everything as the invoking user; root only
// for packages and for `edgesite start` itself.
import { spawn, spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  aptInstall,
  buildBinary,
  canBeRoot,
  installPackages,
  isRoot,
  ownSettings,
  Refusal,
  which,
} from "./host.mjs";

/** `--yes` answers a question that is asked no more. */
const flags = process.argv.slice(2).filter((flag) => flag !== "--yes");

try {
  installPackages();
  const binary = buildBinary();
  ensureKubectl();
  start(binary, flags);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** kubectl, where none is on PATH. The cluster runs without one, too. */
function ensureKubectl() {
  if (which("kubectl") || process.env.EDGESITE_NO_INSTALL === "1") return;
  try {
    aptInstall(["kubernetes-client"]);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(
      `kubectl is not installed (${error.message}): https://kubernetes.io/docs/tasks/tools`,
    );
  }
}

/** Waits for edgesite, in the foreground, and ends as it does. */
function start(binary, flagsOfStart) {
  const args = canBeRoot ? flagsOfStart : withOwnDirectory(flagsOfStart);
  const command = isRoot || !canBeRoot ? [binary] : ["sudo", "env", ...ownSettings(), binary];
  const [program, ...before] = command;
  const child = spawn(program, [...before, "start", ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT"]) {
    process.on(
      signal,
      () => passOn(child.pid, signal) || signal !== "SIGTERM" || stop(command, args),
    );
  }
  process.on("SIGHUP", () => undefined);
  child.on("error", ({ message }) => {
    console.error(`Cannot run ${program}: ${message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}

/** Without root the usual data directory is closed. */
function withOwnDirectory(args) {
  console.error("There is neither root nor sudo: the API serves, but this node runs no pods");
  if (process.env.EDGESITE_DATA_DIR || args.some((arg) => arg.startsWith("--data-dir")))
    return args;
  const home = process.env.XDG_DATA_HOME || join(homedir(), ".local", "share");
  return [...args, "--data-dir", join(home, "edgesite")];
}

/**
 * Sends a signal to edgesite, which may have had it already from the terminal: it takes signals
 * that come together as one. False where the process is sudo's, which only the terminal reaches.
 */
function passOn(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** What ends a site from the outside, where a signal cannot. */
function stop(command, args) {
  const at = args.indexOf("--data-dir");
  const where =
    at < 0 ? args.filter((arg) => arg.startsWith("--data-dir=")) : args.slice(at, at + 2);
  const [, ...rest] = command;
  spawnSync("sudo", ["--non-interactive", ...rest, "stop", ...where], { stdio: "inherit" });
}
