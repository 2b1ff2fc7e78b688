import { join } from "node:path";
import type { ImageRows } from "#edged/image/store/image-rows.ts";
import {
  LocalImageStore,
  type LocalImageStoreOptions,
} from "#edged/image/store/local-image-store.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";

/** The image store of a data directory, which may fill the disk where nothing else is said. */
export function imageStoreIn(
  directory: string,
  rows: ImageRows,
  options: Pick<LocalImageStoreOptions, "patience" | "reserveBytes"> = {},
): LocalImageStore {
  return new LocalImageStore({
    directory: join(directory, "store"),
    rows,
    registriesFile: join(directory, "registries.yaml"),
    clock: systemClock,
    log: silentLogger,
    reserveBytes: 0,
    ...options,
  });
}
