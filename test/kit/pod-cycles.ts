/**
 * Ends all pods that it finds, then makes and ends pods until it is killed. Prints a line when it has
 * begun, and one for each pod that was made and is gone. Arguments: a place of a `NativeHost`.
 */
import { writeSync } from "node:fs";
import { must } from "#lib/errors.ts";
import { NativeHost } from "./native-host.ts";
import { NativePod, removePods } from "./native-pod.ts";

const STDOUT = 1;
const LANES = 3;

const [directory, runDirectory, siteId] = process.argv.slice(2);
const host = NativeHost.at({
  directory: must(directory, "a directory"),
  runDirectory: must(runDirectory, "a directory in memory"),
  siteId: must(siteId, "the ID of a site"),
});
const runtime = host.runtime();
await removePods(runtime);
writeSync(STDOUT, "begun\n");

/** Every other pod has users of its own. */
async function lane(_: unknown, index: number): Promise<never> {
  for (let turn = index; ; turn += 1) {
    const pod = await NativePod.start(runtime, { hostUsers: turn % 2 === 0 });
    const [id] = await Promise.all([
      pod.shell("echo up; exec sleep 1000"),
      pod.shell("exit 1", { name: "short" }),
    ]);
    await pod.exec(id, "echo seen");
    await pod.remove();
    writeSync(STDOUT, "cycle\n");
  }
}

await Promise.all(Array.from({ length: LANES }, lane));
