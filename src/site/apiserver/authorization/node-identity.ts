import type { UserInfo } from "#api/verbs.ts";

const PREFIX = "system:node:";
const GROUP = "system:nodes";

/** The node that a user is, `""` where he does not say which; `undefined` for all who are none. */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  return name.startsWith(PREFIX) && groups.includes(GROUP) ? name.slice(PREFIX.length) : undefined;
}
