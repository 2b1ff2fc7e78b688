import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { SiteProcess, type SiteProcessOptions } from "#test/kit/site-process.ts";
import { Connection, type Endpoint } from "./connection.ts";

/** How `run.ts` tells a benchmark in which network namespace it runs. */
export const NAMESPACE_VARIABLE = "EDGESITE_BENCH_NAMESPACE";

const PORT = 6443;

/** The network namespace of this benchmark. */
export function ownNamespace(): NetworkNamespace {
  const name = process.env[NAMESPACE_VARIABLE];
  if (name === undefined) throw new Error("Benchmarks run by 'npm run bench [name…]'");
  return NetworkNamespace.existing(name);
}

/**
 * Starts the compiled binary next to this process, so that loopback leads to it. What it leaves on
 * the host goes with the namespace, and its containers with their engine.
 */
export async function startSite(
  options: Pick<SiteProcessOptions, "runtime"> = {},
): Promise<{ readonly site: SiteProcess } & AsyncDisposable> {
  const site = await SiteProcess.start({ namespace: ownNamespace(), ...options });
  return {
    site,
    async [Symbol.asyncDispose]() {
      await site.stop();
      rmSync(site.dataDir, { recursive: true, force: true });
    },
  };
}

/** Where the API of a site listens. */
export function endpointOf({ dataDir }: SiteProcess): Endpoint {
  return endpointIn(dataDir);
}

/** Where the API of the site in a data directory listens. */
export function endpointIn(dataDir: string): Endpoint {
  const kubeconfig = parse(readFileSync(join(dataDir, "kubeconfig.yaml"), "utf8"));
  const [{ cluster }] = kubeconfig.clusters;
  const [{ user }] = kubeconfig.users;
  return {
    port: PORT,
    ca: Buffer.from(cluster["certificate-authority-data"], "base64").toString(),
    token: user.token,
  };
}

/** How many connections are opened at once: fewer than a listener's backlog. */
const AT_ONCE = 50;

/** Connections to a site, all open. */
export async function connect(site: SiteProcess, count: number): Promise<readonly Connection[]> {
  const endpoint = endpointOf(site);
  const connections: Connection[] = [];
  while (connections.length < count) {
    const some = Math.min(AT_ONCE, count - connections.length);
    const opening = Array.from({ length: some }, () => Connection.open(endpoint));
    connections.push(...(await Promise.all(opening)));
  }
  return connections;
}
