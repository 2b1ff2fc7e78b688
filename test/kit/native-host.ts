import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageRowChange, ImageRows } from "#edged/image/store/image-rows.ts";
import { LocalImageStore } from "#edged/image/store/local-image-store.ts";
import { createNativeRuntime } from "#edged/runtime/native/native-runtime.ts";
import type { Runtime } from "#edged/runtime/runtime.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { Cgroup } from "#linux/cgroups/cgroup.ts";
import { detectCgroups } from "#linux/cgroups/layout.ts";
import { unmountBelow } from "#linux/mount.ts";
import { removeAppArmorProfile } from "#linux/security/app-armor.ts";
import { busyboxArchive } from "./image.ts";

/** What the tests' image is called. */
export const NATIVE_IMAGE = "edgesite.test/busybox:1";

/** Where a host's things lie, and what marks them. */
export interface NativePlace {
  readonly siteId: string;
  readonly directory: string;
  readonly runDirectory: string;
}

/**
 * A place where native runtimes can be, one after another as over restarts of edgesite, with busybox
 * as their image. Disposing of it leaves nothing on the host.
 */
export class NativeHost implements NativePlace, AsyncDisposable {
  readonly siteId: string;
  readonly directory: string;
  readonly runDirectory: string;
  readonly images: LocalImageStore;

  private constructor({ siteId, directory, runDirectory }: NativePlace) {
    this.siteId = siteId;
    this.directory = directory;
    this.runDirectory = runDirectory;
    this.images = new LocalImageStore({
      directory: join(directory, "store"),
      rows: new FileRows(join(directory, "images.json")),
      registriesFile: join(directory, "registries.yaml"),
      clock: systemClock,
      log: silentLogger,
    });
  }

  static async prepare(): Promise<NativeHost> {
    const host = new NativeHost({
      siteId: randomUUID().slice(0, 8),
      directory: mkdtempSync("/var/tmp/edgesite-native-"),
      runDirectory: mkdtempSync("/run/edgesite-native-"),
    });
    await host.import(await busyboxArchive(NATIVE_IMAGE));
    return host;
  }

  /** One that another process has prepared and will dispose of. */
  static at(place: NativePlace): NativeHost {
    return new NativeHost(place);
  }

  /** Takes an image from an archive. */
  async import(archive: Uint8Array): Promise<void> {
    const path = join(this.directory, "image.tar");
    writeFileSync(path, archive);
    await this.images.import({ name: path, path }, AbortSignal.timeout(60_000));
  }

  /** A runtime, as the next process of the site would make it. */
  runtime(): Runtime {
    const { siteId, runDirectory, images } = this;
    const storeDirectory = join(this.directory, "store");
    const places = { siteId, storeDirectory, runDirectory, images, log: silentLogger };
    return createNativeRuntime({ ...places, version: "test" });
  }

  /** The group above all groups of its pods. */
  get cgroup(): Cgroup {
    return new Cgroup(detectCgroups(), siteMarks(this.siteId).cgroup);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cgroup.kill(AbortSignal.timeout(10_000));
    this.cgroup.remove();
    removeAppArmorProfile(siteMarks(this.siteId).appArmorProfile);
    unmountBelow(this.runDirectory);
    await this.images[Symbol.asyncDispose]();
    for (const path of [this.directory, this.runDirectory]) rmSync(path, { recursive: true });
  }
}

/** Rows that the next process finds. */
class FileRows implements ImageRows {
  readonly #path: string;
  readonly #rows: Map<string, ImageRowChange>;

  constructor(path: string) {
    this.#path = path;
    const known: [string, ImageRowChange][] = existsSync(path)
      ? JSON.parse(readFileSync(path, "utf8"))
      : [];
    this.#rows = new Map(known);
  }

  list(kind: ImageRowChange["kind"]): { key: string; value: string }[] {
    return [...this.#rows.values()].flatMap(({ kind: own, key, value }) =>
      own === kind && value !== undefined ? [{ key, value }] : [],
    );
  }

  async write(changes: readonly ImageRowChange[]): Promise<void> {
    for (const change of changes) this.#rows.set(`${change.kind} ${change.key}`, change);
    writeFileSync(this.#path, JSON.stringify([...this.#rows]));
  }
}
