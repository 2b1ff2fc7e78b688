import { chownSync, copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import {
  type ClusterAccess,
  type ClusterAddress,
  createKubeconfig,
  mergeKubeconfig,
} from "#config/kubeconfig.ts";
import { writeFileAtomically } from "#lib/atomic-file.ts";
import { errorCode, explain, must, UserError } from "#lib/errors.ts";
import type { Io } from "./io.ts";

export interface KubeconfigRequest {
  /** The site's own kubeconfig. */
  readonly path: string;
  /** Host, `host:port` or URL to use in the place of the site's own. */
  readonly server: string | undefined;
}

const PRIVATE = 0o600;

/** `edgesite kubeconfig` */
export function printKubeconfig(request: KubeconfigRequest, { out }: Io): void {
  out(createKubeconfig(readAccess(request)));
}

/** `edgesite kubeconfig --merge`: into the file of the person who asked, also through sudo. */
export function mergeIntoOwnKubeconfig(request: KubeconfigRequest, { env, out }: Io): void {
  const access = readAccess(request);
  const { path, owner } = ownKubeconfig(env);
  const existing = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  const text =
    existing === undefined ? createKubeconfig(access) : mergeKubeconfig(existing, access);
  if (text === existing) return out(`${path} has the context edgesite already\n`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const written = [dirname(path), path];
  if (existing !== undefined) {
    const backup = `${path}.${new Date().toISOString().replace(/[:.]/g, "-")}.bak`;
    copyFileSync(path, backup);
    written.push(backup);
    out(`The old file is ${backup}\n`);
  }
  writeFileAtomically(path, { text, mode: PRIVATE });
  if (owner) for (const one of written) chownSync(one, owner.uid, owner.gid);
  out(`Merged the context edgesite into ${path}. Use it with 'kubectl --context edgesite'\n`);
}

interface OwnKubeconfig {
  readonly path: string;
  /** Who is to own what is written; absent: whoever runs this. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

function ownKubeconfig(env: Io["env"]): OwnKubeconfig {
  const [first] = (env["KUBECONFIG"] ?? "").split(":");
  const sudoUser = env["SUDO_USER"];
  const owner =
    sudoUser !== undefined && env["SUDO_UID"] !== undefined && env["SUDO_GID"] !== undefined
      ? { uid: Number(env["SUDO_UID"]), gid: Number(env["SUDO_GID"]) }
      : undefined;
  const home = (owner && homeOf(owner.uid)) ?? env["HOME"] ?? homedir();
  const path = first ? first : join(home, ".kube", "config");
  return { path, ...(owner && { owner }) };
}

function homeOf(uid: number): string | undefined {
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  const fields = users.map((line) => line.split(":")).find((user) => user[2] === String(uid));
  return fields?.[5];
}

interface KubeconfigDocument {
  readonly clusters: readonly [
    {
      readonly cluster: { readonly server: string; readonly "certificate-authority-data": string };
    },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

/** Where the site is, by its own file. */
export function readCluster(request: KubeconfigRequest): ClusterAddress {
  const { server, ca } = readAccess(request);
  return { server, ca };
}

/** Our own file: its shape is what `createKubeconfig` made. */
function readAccess({ path, server }: KubeconfigRequest): ClusterAccess {
  const text = readOwn(path);
  const document: KubeconfigDocument = parse(text);
  const { cluster } = must(document.clusters[0], `a cluster in ${path}`);
  const { user } = must(document.users[0], `a user in ${path}`);
  return {
    server: server === undefined ? cluster.server : serverAt(server, cluster.server),
    ca: Buffer.from(cluster["certificate-authority-data"], "base64").toString(),
    token: user.token,
  };
}

function readOwn(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why =
      errorCode(error) === "ENOENT"
        ? "the site was never started. Start it with 'edgesite start'"
        : `${explain(error)}. Run this as the user that started the site (usually with sudo)`;
    throw new UserError(`Cannot read ${path}: ${why}`, { cause: error });
  }
}

/** `192.0.2.7`, `box:7443` or a URL, completed from the site's own address. */
function serverAt(given: string, own: string): string {
  const text = given.includes("://") ? given : `https://${given}`;
  if (!URL.canParse(text)) {
    throw new UserError(`--server: "${given}" must be a host, host:port or URL`, { exitCode: 64 });
  }
  const url = new URL(text);
  if (url.port === "") url.port = new URL(own).port;
  return url.href.replace(/\/$/, "");
}
