// A process that imports an archive into a store of its own, to be killed at any moment.
import { join } from "node:path";
import { Database } from "#db/database.ts";
import { LocalImageStore } from "#edged/image/store/local-image-store.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";

const [directory = "", archive = ""] = process.argv.slice(2);
await using db = await Database.open({ path: join(directory, "edgesite.db") });
await using store = new LocalImageStore({
  directory: join(directory, "store"),
  rows: db.images,
  registriesFile: join(directory, "registries.yaml"),
  clock: systemClock,
  log: silentLogger,
  reserveBytes: 0,
});
process.stdout.write("begins\n");
await store.import({ name: archive, path: archive }, new AbortController().signal);
process.stdout.write("imported\n");
