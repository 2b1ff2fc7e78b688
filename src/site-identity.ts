import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFileAtomically } from "#lib/atomic-file.ts";
import { errorCode, UserError } from "#lib/errors.ts";
import { hostNodeName } from "./host.ts";

/** Values that are decided at the first start and kept. */
export interface KeptSettings {
  get(name: string): string | undefined;
  set(name: string, value: string): Promise<void>;
}

/** The stored value of a setting; where there is none, what `decide` says, stored for good. */
export async function kept<T extends string>(
  settings: KeptSettings,
  name: string,
  decide: () => T | Promise<T>,
): Promise<string> {
  const known = settings.get(name);
  if (known !== undefined) return known;
  const decided = await decide();
  await settings.set(name, decided);
  return decided;
}

/**
 * What the node of the site is called: decided at its first start.
 * @throws {UserError} when the configuration asks for another name than the one that was kept.
 */
export async function nodeNameOf(settings: KeptSettings, wanted: string): Promise<string> {
  const name = await kept(settings, "nodeName", () => wanted || hostNodeName());
  if (wanted === "" || wanted === name) return name;
  throw new UserError(
    `nodeName: this site was started as ${name} and keeps it; it cannot become ${wanted}. Use another --data-dir, or 'edgesite reset' first`,
    { exitCode: 64 },
  );
}

/** Marks everything that an instance puts on its host: 8 hexadecimal digits. */
export function newSiteId(): string {
  return randomBytes(4).toString("hex");
}

/** What is kept beside the database too, so that a site whose database is lost finds its traces. */
export interface Identity {
  readonly siteId: string;
  readonly runtime: string;
}

/** Undefined where there is none, or none that can be read. */
export function readIdentity(path: string): Identity | undefined {
  try {
    const { siteId, runtime }: Partial<Identity> = JSON.parse(readFileSync(path, "utf8"));
    if (!/^[0-9a-f]{8}$/.test(siteId ?? "")) return undefined;
    return siteId === undefined || runtime === undefined ? undefined : { siteId, runtime };
  } catch (error) {
    if (errorCode(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes it where it is not there like that already. */
export function keepIdentity(path: string, identity: Identity): void {
  if (Bun.deepEquals(readIdentity(path), identity)) return;
  writeFileAtomically(path, { text: `${JSON.stringify(identity)}\n`, mode: 0o600 });
}
