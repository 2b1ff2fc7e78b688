// The Docker engine that `npm start` finds, or installs and starts with the user's consent.
import { existsSync, openSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { aptInstall, canBeRoot, detach, isRoot, Refusal, runAsRoot, which } from "./host.mjs";

const SOCKET = "/var/run/docker.sock";
const CONTAINERD = "/run/containerd/containerd.sock";
const PACKAGES = ["docker.io", "containerd", "iptables"];
const NAMES = PACKAGES.join(", ");
/** Programs of engines that somebody chose; none of them is ever replaced. */
const OTHERS = ["podman", "docker", "nerdctl"];
const START_MS = 60_000;
const NO_NODE = "edgesite starts without it: the API serves, the node is NotReady until it answers";

/** Makes sure that an engine answers, as far as the user wants it and this machine allows it. */
export async function ensureEngine({ assumeYes }) {
  const { env, stdin } = process;
  const { action, reason } = engineDecision({
    dockerHost: env.DOCKER_HOST,
    answers: await answers(SOCKET),
    dockerd: which("dockerd"),
    other: OTHERS.find((name) => which(name)),
    debian: which("apt-get"),
    canBeRoot,
    noInstall: env.EDGESITE_NO_INSTALL === "1",
    consent: assumeYes || env.CI === "1" || env.CI === "true",
    terminal: stdin.isTTY,
  });
  if (action === "refuse") throw new Refusal(reason);
  if (action === "go without") console.error(`${reason}. ${NO_NODE}`);
  if (action === "ask" && !(await agrees(`${reason}. Install ${NAMES}? [Y/n] `))) {
    throw new Refusal(`Install ${NAMES} and run 'npm start' again`);
  }
  if (action === "ask" || action === "install") aptInstall(PACKAGES);
  if (action === "ask" || action === "install" || action === "start") await startEngine();
}

/** What is to be done about the engine, and why. Pure: the tests go through all of it. */
export function engineDecision(host) {
  if (host.dockerHost || host.answers) return { action: "use", reason: "an engine answers" };
  if (host.dockerd) {
    if (host.canBeRoot) return { action: "start", reason: "an engine is installed" };
    return {
      action: "go without",
      reason: "The Docker engine does not run, and only root can start it",
    };
  }
  if (host.other) {
    return {
      action: "refuse",
      reason: `${host.other} is installed, but no Docker engine answers. Start its engine or service, set DOCKER_HOST to its socket, or install ${NAMES} yourself`,
    };
  }
  const reason = "No Docker engine answers";
  if (host.noInstall) {
    return {
      action: "refuse",
      reason: `${reason}. Install ${NAMES}, or unset EDGESITE_NO_INSTALL`,
    };
  }
  if (!host.canBeRoot) {
    return {
      action: "go without",
      reason: `${reason}, and without root or sudo none is installed`,
    };
  }
  if (!host.debian) {
    return { action: "refuse", reason: `${reason}, and this is not Debian or Ubuntu. Install one` };
  }
  if (host.consent) return { action: "install", reason };
  if (host.terminal) return { action: "ask", reason };
  return { action: "refuse", reason: `${reason}. Install ${NAMES}, or run 'npm start -- --yes'` };
}

/** Asks on the terminal; its end is a no. */
async function agrees(question) {
  process.stdout.write(question);
  const lines = createInterface({ input: process.stdin, terminal: false });
  const answer = await new Promise((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve("no"));
  });
  lines.close();
  return !/^n/i.test(answer.trim());
}

/** An engine that cannot run here is no reason not to serve the API. */
async function startEngine() {
  if (await answers(SOCKET)) return;
  console.log("Starting the Docker engine");
  try {
    if (existsSync("/run/systemd/system")) runAsRoot("systemctl", ["start", "docker"]);
    else if (isRoot) await startDaemons();
    else runAsRoot(process.execPath, [fileURLToPath(import.meta.url)]);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`${error.message}. ${NO_NODE}`);
  }
}

/**
 * containerd on its own, then dockerd with live-restore: without both, a killed dockerd takes its
 * containers, or its next start, along.
 */
async function startDaemons() {
  if (!(await connects(CONTAINERD))) {
    await startDaemon({ name: "containerd", args: [], ready: () => connects(CONTAINERD) });
  }
  const args = ["--containerd", CONTAINERD, ...(setsLiveRestore() ? [] : ["--live-restore"])];
  await startDaemon({ name: "dockerd", args, ready: () => answers(SOCKET) });
}

/** dockerd refuses a flag that its configuration file has, too. */
function setsLiveRestore() {
  const config = "/etc/docker/daemon.json";
  return existsSync(config) && readFileSync(config, "utf8").includes('"live-restore"');
}

async function startDaemon({ name, args, ready }) {
  const log = `/var/log/${name}.log`;
  const daemon = detach(which(name), args, openSync(log, "a", 0o640));
  const until = Date.now() + START_MS;
  while (!(await ready())) {
    if (daemon.exitCode !== null || daemon.signalCode !== null || Date.now() > until) {
      const [last = "it says nothing"] = readFileSync(log, "utf8").trim().split("\n").slice(-1);
      throw new Refusal(`${name} does not start here: ${last} (${log})`);
    }
    await sleep(100);
  }
}

/** An engine that is closed to this user is there all the same: edgesite runs as root. */
async function answers(path) {
  return (await exchange(path, "GET /_ping HTTP/1.0\r\n\r\n")).includes("200 OK");
}

async function connects(path) {
  return (await exchange(path, "")) !== "";
}

/** What a unix socket says to a request; "200 OK" where it may not be asked, "" where nobody is. */
function exchange(path, request) {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(5000, () => end(""));
    socket.on("error", ({ code }) => end(code === "EACCES" ? "200 OK" : ""));
    socket.on("connect", () => (request === "" ? end("connected") : socket.write(request)));
    socket.on("data", (data) => end(data.toString("latin1")));
    socket.on("end", () => end(""));
  });
}

/** As root, for `npm start` of somebody who is not. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await startDaemons();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
