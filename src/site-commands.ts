import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Io } from "#cli/io.ts";
import type { SiteCommands } from "#cli/site.ts";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { Database } from "#db/database.ts";
import { loadOrCreateKey } from "#db/secret-key.ts";
import { removePodNetwork } from "#edged/network/veth-network.ts";
import { siteCgroups } from "#edged/runtime/docker/cgroup-parent.ts";
import { EngineUnreachable, type Runtime } from "#edged/runtime/runtime.ts";
import type { RuntimePod } from "#edged/runtime/types.ts";
import { UserError } from "#lib/errors.ts";
import { silentLogger } from "#lib/log.ts";
import { removeCgroup } from "#linux/cgroup.ts";
import { unmountBelow } from "#linux/mount.ts";
import { removeMesh } from "#mesh/remove-mesh.ts";
import { dataDirectory } from "./data-directory.ts";
import type { StopSignals } from "./signals.ts";
import { createRuntime } from "./site-runtime.ts";
import { startSite } from "./start.ts";

/** Longest time that a pod may take to end when its site no longer runs. */
const STOP_GRACE_MS = 10_000;
const COMMAND_MS = 120_000;

/** The site as the command line drives it. `signals` is called once, by commands that live long. */
export function siteCommands(signals: () => StopSignals): SiteCommands {
  return {
    start: (config, io) => startSite(config, io, signals()),
    async removeWorkloads(config, io) {
      const siteId = await siteIdOf(config);
      return siteId === undefined ? [] : removePods({ config, io, siteId });
    },
    async reset(config, io) {
      const siteId = await siteIdOf(config);
      if (siteId !== undefined) {
        await removePods({ config, io, siteId }).catch((error: unknown) => {
          if (!(error instanceof UserError)) throw error;
          io.err(`${error.message}. Containers of this site, if there are any, stay\n`);
        });
        await removePodNetwork(siteId);
        await removeMesh(siteId);
        for (const cgroup of siteCgroups(siteId)) removeCgroup(cgroup);
      }
      const { root, kubeconfig } = dataDirectory(config.dataDir);
      unmountBelow(root);
      rmSync(kubeconfig, { force: true });
      removeIfEmpty(dirname(kubeconfig));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The ID of a site that does not run; undefined where there never was one. */
async function siteIdOf({ dataDir }: EdgeSiteConfig): Promise<string | undefined> {
  const { database, secretsKey } = dataDirectory(dataDir);
  if (!existsSync(database)) return undefined;
  await using db = await Database.open({ path: database, key: loadOrCreateKey(secretsKey) });
  return db.settings.get("siteId");
}

interface Stopped {
  readonly config: EdgeSiteConfig;
  readonly io: Io;
  readonly siteId: string;
}

async function removePods({ config, io, siteId }: Stopped): Promise<readonly string[]> {
  const runtime = createRuntime({
    config: config.runtime,
    dockerHost: io.env["DOCKER_HOST"],
    siteId,
    log: silentLogger,
  });
  const signal = AbortSignal.timeout(COMMAND_MS);
  const pods = await runtime.list(signal).catch((error: unknown) => {
    if (!(error instanceof EngineUnreachable)) throw error;
    throw new UserError(`No pod can be removed: ${error.message}`, { cause: error });
  });
  await Promise.all(pods.map((pod) => removePod(runtime, pod, signal)));
  return pods.map(({ pod }) => `${pod.namespace}/${pod.name}`);
}

async function removePod(runtime: Runtime, pod: RuntimePod, signal: AbortSignal): Promise<void> {
  await Promise.all(
    pod.containers.map(async ({ id }) => {
      await runtime.stopContainer(id, STOP_GRACE_MS, signal);
      await runtime.removeContainer(id, signal);
    }),
  );
  for (const { id } of pod.sandboxes) await runtime.removeSandbox(id, signal);
}

/** The directory may hold the user's configuration. */
function removeIfEmpty(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
}
