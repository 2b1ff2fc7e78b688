// The Docker engine that `npm start` finds, or installs and starts with the user's consent.
import { existsSync, openSync } from "node:fs";
import { createConnection } from "node:net";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { aptInstall, detach, isRoot, outputOf, Refusal, runAsRoot, which } from "./host.mjs";

const SOCKET = "/var/run/docker.sock";
const PACKAGES = ["docker.io", "containerd", "iptables"];
const START_MS = 60_000;

/** Makes sure that an engine answers; one that the user chose is never replaced. */
export async function ensureEngine({ assumeYes }) {
  if (process.env.DOCKER_HOST) return;
  if (await answers(SOCKET)) return;
  if (which("dockerd")) return startEngine();
  if (which("podman")) {
    throw new Refusal(
      "podman is installed but no Docker engine answers. Point DOCKER_HOST at podman's socket ('podman system service'), or install docker.io yourself",
    );
  }
  await askToInstall(assumeYes);
  aptInstall(PACKAGES);
  await startEngine();
}

/** kubectl, where none is on PATH. */
export function ensureKubectl() {
  if (which("kubectl")) return;
  if (process.env.EDGESITE_NO_INSTALL === "1") return;
  aptInstall(["kubernetes-client"]);
}

async function askToInstall(assumeYes) {
  const what = PACKAGES.join(", ");
  if (process.env.EDGESITE_NO_INSTALL === "1") {
    throw new Refusal(`No Docker engine answers. Install ${what}, or unset EDGESITE_NO_INSTALL`);
  }
  if (assumeYes || process.env.CI === "1" || process.env.CI === "true") return;
  if (!process.stdin.isTTY) {
    throw new Refusal(`No Docker engine answers. Install ${what}, or run 'npm start -- --yes'`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`No Docker engine answers. Install ${what}? [Y/n] `);
  terminal.close();
  if (/^n/i.test(answer.trim())) throw new Refusal(`Install ${what} and run 'npm start' again`);
}

async function startEngine() {
  console.log("Starting the Docker engine");
  if (existsSync("/run/systemd/system")) runAsRoot("systemctl", ["enable", "--now", "docker"]);
  else if (!isRoot) runAsRoot(process.execPath, [new URL(import.meta.url).pathname]);
  else startDaemons();
  const until = Date.now() + START_MS;
  while (!(await exists(SOCKET))) {
    if (Date.now() > until)
      throw new Refusal("The Docker engine did not start; see /var/log/dockerd.log");
    await sleep(200);
  }
}

/**
 * containerd on its own, then dockerd with live-restore: without both, a killed dockerd takes its
 * containers, or its next start, along.
 */
function startDaemons() {
  const containerd = "/run/containerd/containerd.sock";
  const log = (name) => openSync(`/var/log/${name}.log`, "a", 0o640);
  if (!outputOf("pgrep", ["-x", "containerd"])) detach(which("containerd"), [], log("containerd"));
  detach(which("dockerd"), ["--containerd", containerd, "--live-restore"], log("dockerd"));
}

/** The socket may be closed to this user: that it is there is enough for root's edgesite. */
async function exists(path) {
  return existsSync(path) && ((await answers(path)) || !isRoot);
}

function answers(path) {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(5000, () => end(false));
    socket.on("error", ({ code }) => end(code === "EACCES"));
    socket.on("connect", () => socket.write("GET /_ping HTTP/1.0\r\n\r\n"));
    socket.on("data", (data) => end(data.includes("200 OK")));
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) startDaemons();
