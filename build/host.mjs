// What `npm start` and `npm test` share: plain Node, because they run before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A failure that the person at the terminal can mend. */
export class Refusal extends Error {}

/** Runs a program with the terminal of this one; its failure is ours. */
export function run(program, args, options = {}) {
  const { status, error, signal } = spawnSync(program, args, {
    cwd: root,
    stdio: "inherit",
    ...options,
  });
  if (error) throw new Refusal(`Cannot run ${program}: ${error.message}`);
  if (status !== 0) {
    throw new Refusal(`'${program} ${args.join(" ")}' failed (${signal ?? `exit code ${status}`})`);
  }
}

/** The output of a program, or undefined when it fails or is not there. */
export function outputOf(program, args) {
  const { status, stdout } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

/** The path of a program on PATH (and in the sbin folders that users often lack). */
export function which(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

export const isRoot = process.getuid?.() === 0;

/** Whether `runAsRoot` can do anything. */
export const canBeRoot = isRoot || which("sudo") !== undefined;

/** Runs a program as root: directly, or through sudo. */
export function runAsRoot(program, args, options = {}) {
  if (isRoot) return run(program, args, options);
  if (!canBeRoot) {
    throw new Refusal(`'${program}' needs root and there is no sudo. Run this command as root`);
  }
  return run("sudo", [program, ...args], options);
}

/** sudo keeps the environment to itself; this is what of it concerns edgesite. */
export function ownSettings() {
  return Object.entries(process.env).flatMap(([name, value]) =>
    name === "DOCKER_HOST" || name.startsWith("EDGESITE_") ? [`${name}=${value}`] : [],
  );
}

/** Installs Debian or Ubuntu packages that are missing; never at the price of another package. */
export function aptInstall(packages) {
  const missing = packages.filter((name) => {
    return !outputOf("dpkg", ["--status", name])?.includes("Status: install ok installed");
  });
  if (missing.length === 0) return;
  if (!which("apt-get")) {
    throw new Refusal(
      `These packages are needed and this is not Debian or Ubuntu: ${missing.join(", ")}`,
    );
  }
  console.log(`Installing ${missing.join(", ")}`);
  // `env`, because sudo passes no variable on.
  const apt = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"];
  const install = [...apt, "install", "-y", "--no-install-recommends", "--no-remove", ...missing];
  const quiet = { stdio: ["inherit", "ignore", "inherit"] };
  const patient = { stdio: ["inherit", "ignore", "ignore"] };
  try {
    runAsRoot("env", install, patient);
  } catch {
    runAsRoot("env", [...apt, "update"], quiet);
    runAsRoot("env", install, quiet);
  }
}

/** Bun, from its npm package: no script of a package is ever run. */
export function bunPath() {
  const arch = process.arch === "arm64" ? "aarch64" : "x64";
  const libc = process.report.getReport().header.glibcVersionRuntime ? "" : "-musl";
  return join(root, "node_modules", "@oven", `bun-linux-${arch}${libc}`, "bin", "bun");
}

/** The environment in which tools of the project are found. */
export function toolEnv() {
  const folders = [dirname(bunPath()), join(root, "node_modules", ".bin"), process.env.PATH];
  return { ...process.env, PATH: folders.join(delimiter) };
}

/** Installs the pinned packages when the lock file changed since the last time. */
export function installPackages() {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 20) throw new Refusal(`Node 20 or newer is needed; this is ${process.version}`);
  const stamp = join(root, "node_modules", ".edgesite-lock");
  const digest = digestOf(["package-lock.json"]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest && existsSync(bunPath())) return;
  console.log("Installing npm packages");
  // Not `npm ci`: it refuses a lock file that lacks packages of platforms that its registry does not carry.
  run("npm", [
    "install",
    "--no-save",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]);
  if (!existsSync(bunPath())) throw new Refusal(`Bun has no build for ${process.arch}`);
  writeFileSync(stamp, digest);
}

/** Builds dist/edgesite when a source changed since the last time; answers its path. */
export function buildBinary() {
  const binary = join(root, "dist", "edgesite");
  build({ args: [], made: [binary] });
  return binary;
}

/** Builds for every platform, likewise. */
export function buildAllTargets() {
  const names = ["linux-x64", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"];
  build({ args: ["all"], made: names.map((name) => join(root, "dist", `edgesite-${name}`)) });
}

function build({ args, made }) {
  const stamp = join(root, "dist", [".sources", ...args].join("-"));
  const sources = ["package-lock.json", "package.json"];
  const digest = digestOf([...filesBelow("src"), ...filesBelow("build"), ...sources]);
  const fresh = existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
  if (fresh && made.every((path) => existsSync(path))) return;
  mkdirSync(dirname(stamp), { recursive: true });
  run(bunPath(), ["build/compile.ts", ...args], { env: toolEnv() });
  writeFileSync(stamp, digest);
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
}

function digestOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths)
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)));
  return hash.digest("hex");
}
