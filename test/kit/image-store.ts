import { join } from "node:path";
import type { Patience } from "#edged/image/registry/transfer.ts";
import type { ImageRows } from "#edged/image/store/image-rows.ts";
import { LocalImageStore } from "#edged/image/store/local-image-store.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";

/** The image store of a data directory, which may fill the disk. */
export function imageStoreIn(
  directory: string,
  rows: ImageRows,
  options: { readonly patience?: Patience } = {},
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
