// A process that imports an archive into a store of its own, to be killed at any moment.
import { join } from "node:path";
import { Database } from "#db/database.ts";
import { imageStoreIn } from "#test/kit/image-store.ts";

const [directory = "", archive = ""] = process.argv.slice(2);
await using db = await Database.open({ path: join(directory, "edgesite.db") });
await using store = imageStoreIn(directory, db.images);
process.stdout.write("begins\n");
await store.import({ name: archive, path: archive }, new AbortController().signal);
process.stdout.write("imported\n");
