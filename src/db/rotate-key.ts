import type { Database } from "./database.ts";
import { adoptNextKey, loadKeys, nextKey } from "./secret-key.ts";

/**
 * Gives the rows that hold secrets a new key and lets the old one go. Whatever ends the process on
 * the way, no row is lost: until the last one is sealed anew and nothing sealed by the old key is
 * left in the files, both keys lie side by side, and the next start goes on from there.
 * @throws {UserError} when a key cannot be written, or the disk has no room; both keys stay then.
 */
export async function rotateKey(
  db: Pick<Database, "useKeys" | "resealAll">,
  path: string,
): Promise<void> {
  const { key: newest, previousKey } = loadKeys(path);
  const old = previousKey ?? newest;
  const key = nextKey(path);
  await db.useKeys({ key, ...(old && { previousKey: old }) });
  await db.resealAll();
  adoptNextKey(path);
  await db.useKeys({ key });
}
