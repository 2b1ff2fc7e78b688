import { randomBytes } from "node:crypto";

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

/** Marks everything that an instance puts on its host: 8 hexadecimal digits. */
export function newSiteId(): string {
  return randomBytes(4).toString("hex");
}
