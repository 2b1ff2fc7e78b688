/** What one look at the host found. */
export interface Finding {
  /** `overlayfs` */
  readonly name: string;
  /** `note`: it works, but a person should know; `failed`: it does not. */
  readonly state: "ok" | "note" | "failed";
  /** What is there, or why it does not work. */
  readonly found: string;
  /** What a person can do. */
  readonly advice?: string;
  /** Who cannot do without it: every site, or one that runs containers without an engine. */
  readonly neededBy: "site" | "native";
}

/** How a try ended: nothing, or why it failed. */
export type Outcome = string | undefined;

/** Makes findings of one thing, which somebody needs. */
export function findingOf(name: string, neededBy: Finding["neededBy"]) {
  return {
    ok: (found: string): Finding => ({ name, neededBy, state: "ok", found }),
    note: (found: string, advice: string): Finding => ({
      name,
      neededBy,
      state: "note",
      found,
      advice,
    }),
    failed: (found: string, advice: string): Finding => ({
      name,
      neededBy,
      state: "failed",
      found,
      advice,
    }),
  };
}
