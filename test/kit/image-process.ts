// A process that imports an archive, or pulls an image, into a store of its own: to be killed at any moment.
import { join } from "node:path";
import { Database } from "#db/database.ts";
import { imageStoreIn } from "#test/kit/image-store.ts";

const [directory = "", kind = "", name = ""] = process.argv.slice(2);
const { signal } = new AbortController();
await using db = await Database.open({ path: join(directory, "edgesite.db") });
await using store = imageStoreIn(directory, db.images);
process.stdout.write("begins\n");
if (kind === "import") await store.import({ name, path: name }, signal);
else await store.pull(name, {}, signal);
process.stdout.write("done\n");
