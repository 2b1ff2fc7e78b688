import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import type { Database } from "#db/database.ts";
import { type NodeImages, storeImages } from "#edged/image/node-images.ts";
import type { ImageRows } from "#edged/image/store/image-rows.ts";
import { LocalImageStore } from "#edged/image/store/local-image-store.ts";
import { createDockerRuntime } from "#edged/runtime/docker/docker-runtime.ts";
import { Engine } from "#edged/runtime/docker/engine.ts";
import { DockerNodeImages } from "#edged/runtime/docker/node-images.ts";
import { createNativeRuntime } from "#edged/runtime/native/native-runtime.ts";
import type { ContainerImages } from "#edged/runtime/native/native-site.ts";
import { noImages } from "#edged/runtime/native/no-images.ts";
import { EngineUnreachable, type Runtime } from "#edged/runtime/runtime.ts";
import { systemClock } from "#lib/clock.ts";
import type { Logger } from "#lib/log.ts";
import { unmountBelow } from "#linux/mount.ts";
import { type DataDirectory, registriesFile as registriesOf } from "./data-directory.ts";
import { type KeptSettings, keepIdentity, kept, newSiteId } from "./site-identity.ts";
import { removePods } from "./site-pods.ts";
import { version } from "./version.ts";

/** What runs a site's containers: a Docker engine, or this process itself. */
export type RuntimeName = "docker" | "native";

const DEFAULT_ENGINE = "unix:///var/run/docker.sock";
const ENGINE_ANSWER_MS = 2000;
/** Where the native runtime keeps sockets, in memory: gone after a restart of the machine. */
export const RUN_DIRECTORY = "/run/edgesite";

export interface RuntimeWish {
  readonly config: EdgeSiteConfig["runtime"];
  /** `DOCKER_HOST` */
  readonly dockerHost: string | undefined;
}

/**
 * The runtime of a site. `auto` decides once, at the first start: Docker where somebody has named an
 * engine or the usual one answers, else native. Only the configuration changes it later.
 */
async function decideRuntime(
  settings: KeptSettings,
  wish: DecidedWish,
  signal: AbortSignal,
): Promise<RuntimeName> {
  const { name } = wish.config;
  if (name !== "auto") {
    const before = settings.get("runtime");
    if (before === name) return name;
    if (before !== undefined) await wish.leave(keptRuntime(before));
    await settings.set("runtime", name);
    return name;
  }
  return keptRuntime(await kept(settings, "runtime", () => suitableRuntime(wish, signal)));
}

interface DecidedWish extends RuntimeWish {
  /** Ends what the runtime has that is in use no more. */
  readonly leave: (before: RuntimeName) => Promise<void>;
}

/** What `auto` comes to on this host. */
export async function suitableRuntime(
  wish: RuntimeWish,
  signal: AbortSignal,
): Promise<RuntimeName> {
  const docker = namedEngine(wish) !== undefined || (await answers(DEFAULT_ENGINE, signal));
  return docker ? "docker" : "native";
}

/** Where the engine of a site with Docker is asked. */
export function engineAddress(wish: RuntimeWish): string {
  return namedEngine(wish) ?? DEFAULT_ENGINE;
}

/** What was decided; sites that are older than the decision have Docker. */
export function keptRuntime(text: string | undefined): RuntimeName {
  return text === "native" ? "native" : "docker";
}

export interface SiteRuntime extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly images: NodeImages;
}

interface Opening {
  readonly config: EdgeSiteConfig;
  /** `DOCKER_HOST` */
  readonly dockerHost: string | undefined;
  readonly directory: DataDirectory;
  readonly db: Database;
  readonly log: Logger;
}

/** Decides what a site runs its containers with, and opens it with its images. */
export async function openRuntime(opening: Opening, signal: AbortSignal): Promise<SiteRuntime> {
  const { config, dockerHost, directory, db, log } = opening;
  const wish = { config: config.runtime, dockerHost };
  const places = { registriesFile: registriesOf(config), storeDirectory: directory.store };
  const siteId = await kept(db.settings, "siteId", newSiteId);
  const facts = { ...wish, ...places, siteId, log: log.child({ module: "runtime" }) };
  const leave = (before: RuntimeName) => endPods({ ...facts, name: before }, signal);
  const name = await decideRuntime(db.settings, { ...wish, leave }, signal);
  keepIdentity(directory.identity, { siteId, runtime: name });
  const choice = { ...facts, name };
  if (name === "docker") {
    const images = engineImages({ ...wish, ...places, rows: db.images });
    return { runtime: createRuntime(choice), images, [Symbol.asyncDispose]: async () => undefined };
  }
  const store = new LocalImageStore({
    directory: directory.store,
    rows: db.images,
    registriesFile: places.registriesFile,
    clock: systemClock,
    log: log.child({ module: "images" }),
  });
  return {
    runtime: createRuntime({ ...choice, images: store }),
    images: storeImages(store),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** A pod that ran on in the runtime of before would have a double in the one of now. */
async function endPods(choice: RuntimeChoice, signal: AbortSignal): Promise<void> {
  const { name, log } = choice;
  try {
    const pods = await removePods(createRuntime(choice), signal);
    if (pods.length > 0) log.info("Pods of the runtime of before are ended", { name, pods });
  } catch (error) {
    if (!(error instanceof EngineUnreachable)) throw error;
    log.warn("Pods of the runtime of before may still run", { name, error: error.message });
  }
}

export interface RuntimeChoice extends RuntimeWish {
  readonly name: RuntimeName;
  readonly siteId: string;
  /** `store/` of the data directory. */
  readonly storeDirectory: string;
  /** Without an engine; absent where containers only end and are removed. */
  readonly images?: ContainerImages;
  readonly log: Logger;
  /** k3s' registries.yaml; absent where nothing is pulled. */
  readonly registriesFile?: string;
}

export function createRuntime(choice: RuntimeChoice): Runtime {
  const { name, siteId, storeDirectory, log, registriesFile } = choice;
  if (name === "native") {
    const images = choice.images ?? noImages(storeDirectory);
    const places = { siteId, storeDirectory, runDirectory: RUN_DIRECTORY, images, log };
    return createNativeRuntime({ ...places, version: version.edgesite });
  }
  return createDockerRuntime({
    address: engineAddress(choice),
    siteId,
    arch: arch() === "arm64" ? "arm64" : "x64",
    log,
    ...(registriesFile !== undefined && { registriesFile }),
  });
}

interface EngineImagesChoice extends RuntimeWish {
  readonly registriesFile: string;
  readonly rows: ImageRows;
  readonly storeDirectory: string;
}

/** The images of a site that has an engine, as a person manages them. */
function engineImages(choice: EngineImagesChoice): NodeImages {
  const { registriesFile, rows, storeDirectory: directory } = choice;
  const address = namedEngine(choice) ?? DEFAULT_ENGINE;
  return new DockerNodeImages({ address, registriesFile, rows, directory });
}

/** Removes what the native runtime of a site has in memory. */
export function removeRunDirectory(siteId: string): void {
  const own = join(RUN_DIRECTORY, siteId);
  unmountBelow(own);
  rmSync(own, { recursive: true, force: true });
  if (existsSync(RUN_DIRECTORY) && readdirSync(RUN_DIRECTORY).length === 0)
    rmdirSync(RUN_DIRECTORY);
}

function namedEngine({ config, dockerHost }: RuntimeWish): string | undefined {
  return [config.dockerAddress, dockerHost].find((one) => one !== undefined && one !== "");
}

async function answers(address: string, signal: AbortSignal): Promise<boolean> {
  try {
    await new Engine(address).ping(signal, ENGINE_ANSWER_MS);
    return true;
  } catch (error) {
    if (error instanceof EngineUnreachable) return false;
    throw error;
  }
}
