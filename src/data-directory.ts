import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { sitePaths } from "#cli/paths.ts";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { errorCode, explain, UserError } from "#lib/errors.ts";

/** Where everything of a site lies (design: `edgesite.db`, `pki/`, `pods/`, `edgesite.sock`). */
export interface DataDirectory {
  readonly root: string;
  readonly database: string;
  /** What marks the site on the host, for when the database cannot be read. */
  readonly identity: string;
  readonly pki: string;
  readonly pods: string;
  /** Images and containers of the native runtime. */
  readonly store: string;
  /** Archives of images that are dropped in. */
  readonly images: string;
  /** Sockets between parts of the process; nobody else may enter. */
  readonly sockets: string;
  readonly controlSocket: string;
  readonly kubeconfig: string;
}

export function dataDirectory(root: string): DataDirectory {
  const { kubeconfig, socket } = sitePaths(root);
  return {
    root,
    database: join(root, "edgesite.db"),
    identity: join(root, "site.json"),
    pki: join(root, "pki"),
    pods: join(root, "pods"),
    store: join(root, "store"),
    images: join(root, "images"),
    sockets: join(root, "run"),
    controlSocket: socket,
    kubeconfig,
  };
}

/** Where mirrors and credentials of registries are written down. */
export function registriesFile({ dataDir, images }: EdgeSiteConfig): string {
  return images.registriesFile || sitePaths(dataDir).registries;
}

/** Where the key lies that Secrets are encrypted with. */
export function secretsKeyFile({ dataDir, secrets }: EdgeSiteConfig): string {
  return secrets.keyFile || join(dataDirectory(dataDir).pki, "secrets.key");
}

/**
 * Makes the directories, for this user only.
 * @throws {UserError} when that is not possible.
 */
export function prepareDataDirectory({ root, pki, pods, sockets, store }: DataDirectory): void {
  try {
    for (const path of [root, pki, pods, sockets, store])
      mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new UserError(
      `Cannot use the data directory ${root}: ${explain(error)}. Start edgesite as root, or choose another --data-dir`,
      { cause: error },
    );
  }
}

/** Removes what a site keeps here and nothing else: the directory may be somebody's home. */
export function removeSiteFiles(directory: DataDirectory): void {
  const { root, database, identity, images, kubeconfig } = directory;
  const { pki, pods, store, sockets, controlSocket } = directory;
  const folders = [pki, pods, store, sockets];
  for (const path of [...filesOf(database), ...folders, identity, controlSocket, kubeconfig]) {
    rmSync(path, { recursive: true, force: true });
  }
  for (const folder of [images, dirname(kubeconfig), root]) removeIfEmpty(folder);
}

/** One that somebody has mounted a disk on stays. */
function removeIfEmpty(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length > 0) return;
  try {
    rmdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== "EBUSY") throw error;
  }
}

/** SQLite's own files beside a database, and those of a salvage. */
const COMPANION = /^(-wal|-shm|-journal|\.new|\.damaged-\d+)?$/;

function filesOf(database: string): readonly string[] {
  const [folder, name] = [dirname(database), basename(database)];
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.startsWith(name) && COMPANION.test(file.slice(name.length)))
    .map((file) => join(folder, file));
}
