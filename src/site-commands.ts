import { existsSync } from "node:fs";
import { Control } from "#cli/control.ts";
import type { Io } from "#cli/io.ts";
import type { SiteCommands } from "#cli/site.ts";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { Database } from "#db/database.ts";
import { rotateKey } from "#db/rotate-key.ts";
import { keysOfSite } from "#db/secret-key.ts";
import { removePodNetwork } from "#edged/network/veth-network.ts";
import { removeSiteCgroups } from "#edged/runtime/docker/cgroup-parent.ts";
import { EngineUnreachable } from "#edged/runtime/runtime.ts";
import { systemClock } from "#lib/clock.ts";
import { UserError } from "#lib/errors.ts";
import { silentLogger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { unmountBelow } from "#linux/mount.ts";
import { removeAppArmorProfile } from "#linux/security/app-armor.ts";
import { removeMesh } from "#mesh/remove-mesh.ts";
import { ClientCertificates } from "#site/apiserver/client-certificates.ts";
import { readAuthority } from "#site/apiserver/pki.ts";
import { dataDirectory, removeSiteFiles, secretsKeyFile } from "./data-directory.ts";
import { latestTime } from "./latest-time.ts";
import { preflight } from "./preflight.ts";
import type { StopSignals } from "./signals.ts";
import { readIdentity } from "./site-identity.ts";
import { lockSite, removeLock } from "./site-lock.ts";
import { removePods } from "./site-pods.ts";
import {
  createRuntime,
  keptRuntime,
  type RuntimeName,
  removeRunDirectory,
} from "./site-runtime.ts";
import { startSite } from "./start.ts";

const COMMAND_MS = 120_000;

/** The site as the command line drives it. `signals` is called once, by commands that live long. */
export function siteCommands(signals: () => StopSignals): SiteCommands {
  return {
    start: (config, io) => startSite(config, io, signals()),
    async check(config, { env }) {
      const host = { config, dockerHost: env["DOCKER_HOST"], now: systemClock.now() };
      const site = await currentSite(config);
      return await preflight({ ...host, ...site }, AbortSignal.timeout(COMMAND_MS));
    },
    async removeWorkloads(config, io) {
      const site = await stoppedSite(config);
      if (site === undefined) return [];
      using _lock = lockSite(site.siteId, config.dataDir);
      return await endWorkloads({ ...site, config, io });
    },
    async rotateKey(config) {
      const { database } = dataDirectory(config.dataDir);
      if (!existsSync(database)) return false;
      const path = secretsKeyFile(config);
      await using db = await Database.open({ path: database, ...keysOfSite({ path, database }) });
      await rotateKey(db, path);
      return true;
    },
    createClient({ dataDir }, wish) {
      const directory = dataDirectory(dataDir);
      const authority = readAuthority(directory.pki);
      const clients = new ClientCertificates(directory.pki);
      return clients.create(authority, { ...wish, now: latestTime(directory) });
    },
    listClients: ({ dataDir }) => new ClientCertificates(dataDirectory(dataDir).pki).list(),
    revokeClient({ dataDir }, user) {
      const directory = dataDirectory(dataDir);
      return new ClientCertificates(directory.pki).revoke(user, latestTime(directory));
    },
    async reset(config, io) {
      const site = await stoppedSite(config);
      if (site === undefined) return false;
      const { siteId } = site;
      using _lock = lockSite(siteId, config.dataDir);
      await endWorkloads({ ...site, config, io });
      await removePodNetwork(siteId);
      await removeMesh(siteId);
      const marks = siteMarks(siteId);
      for (const cgroup of removeSiteCgroups(marks)) {
        io.err(`The cgroup ${cgroup} stays: something runs in it still\n`);
      }
      removeAppArmorProfile(marks.appArmorProfile);
      const directory = dataDirectory(config.dataDir);
      removeLock(siteId);
      removeRunDirectory(siteId);
      unmountBelow(directory.root);
      removeSiteFiles(directory);
      return true;
    },
  };
}

/** A site that does not run. */
interface StoppedSite {
  readonly siteId: string;
  readonly runtime: RuntimeName;
  /** Pods were on this node when the site ran last. */
  readonly hadPods: boolean;
}

/** The site of a data directory; undefined where there never was one. */
async function stoppedSite({ dataDir }: EdgeSiteConfig): Promise<StoppedSite | undefined> {
  const { database, identity } = dataDirectory(dataDir);
  const known = readIdentity(identity);
  const lost = known && { ...known, runtime: keptRuntime(known.runtime), hadPods: true };
  if (!existsSync(database)) return lost;
  // Without a key, as it reads no Secret.
  const opened = await Database.open({ path: database }).catch((error: unknown) => {
    if (lost === undefined || !(error instanceof UserError)) throw error;
    return undefined;
  });
  if (opened === undefined) return lost;
  await using db = opened;
  const siteId = db.settings.get("siteId");
  if (siteId === undefined) return lost;
  const runtime = keptRuntime(db.settings.get("runtime"));
  return { siteId, runtime, hadPods: db.meta.list("pod").length > 0 };
}

/** Whether a site runs, and what it runs its containers with. */
async function currentSite(config: EdgeSiteConfig): Promise<{
  readonly running: boolean;
  readonly decided: RuntimeName | undefined;
}> {
  const control = await Control.find(config.dataDir);
  if (control === undefined) {
    return { running: false, decided: (await stoppedSite(config))?.runtime };
  }
  return { running: true, decided: keptRuntime((await control.status()).runtime.name) };
}

interface Removal extends StoppedSite {
  readonly config: EdgeSiteConfig;
  readonly io: Io;
}

/** @throws {UserError} when there may be containers and what runs them is out of reach. */
async function endWorkloads(removal: Removal): Promise<readonly string[]> {
  try {
    return await removeAll(removal);
  } catch (error) {
    if (!(error instanceof EngineUnreachable)) throw error;
    if (!removal.hadPods) return [];
    const advice = removal.runtime === "docker" ? "Start the engine and run" : "As root, run";
    throw new UserError(
      `Cannot remove the pods' containers: ${error.message}. ${advice} this again`,
      { cause: error },
    );
  }
}

async function removeAll(removal: Removal): Promise<readonly string[]> {
  const { config, io, siteId } = removal;
  const { store } = dataDirectory(config.dataDir);
  const runtime = createRuntime({
    name: removal.runtime,
    config: config.runtime,
    dockerHost: io.env["DOCKER_HOST"],
    siteId,
    storeDirectory: store,
    log: silentLogger,
  });
  return await removePods(runtime, AbortSignal.timeout(COMMAND_MS));
}
