/**
 * Writes objects until it is killed, and prints `<name> <value> <resourceVersion>` for each write
 * once it was acknowledged. Arguments: the database file, a number that no other run has.
 */
import { writeSync } from "node:fs";
import { Database } from "#db/database.ts";

const [path = "", run = ""] = process.argv.slice(2);
const db = await Database.open({ path, key: new Uint8Array(32) });
const STDOUT = 1;

async function write(lane: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    const name = `lane-${lane}-${turn % 7}`;
    const value = `${run}-${turn}`;
    const key = { collection: "/configmaps", namespace: "default", name };
    const item = await db.objects.write(key, () => ({
      put: { kind: "ConfigMap", metadata: { name, namespace: "default", annotations: { value } } },
    }));
    writeSync(STDOUT, `${name} ${value} ${item.value.metadata?.resourceVersion}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map(write));
