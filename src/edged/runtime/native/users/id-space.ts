import { readFile } from "node:fs/promises";
import { errorCode } from "#lib/errors.ts";
import { IDS_PER_POD, type IdRange, type IdSpace } from "./id-ranges.ts";

/** Whose subordinate IDs are the pods', as kubelet has it. */
const OWNER = "kubelet";
/** Above those of the host's own users; below what file systems and programs take for negative. */
const FIRST = IDS_PER_POD;
const END = 2 ** 31;
const FILES: SubordinateFiles = { users: "/etc/subuid", groups: "/etc/subgid" };

/** Where the host says who has which IDs. */
export interface SubordinateFiles {
  readonly users: string;
  readonly groups: string;
}

/** A range that somebody was given (subuid(5)). */
interface Subordinate extends IdRange {
  readonly owner: string;
}

/**
 * The IDs that the host leaves to pods: those that are subordinate to `kubelet`, or else what no user
 * of the host has been given.
 * @throws when kubelet's are none that pods can have.
 */
export async function idSpace(siteId: string, files: SubordinateFiles = FILES): Promise<IdSpace> {
  const [users, groups] = await Promise.all([read(files.users), read(files.groups)]);
  const [ownUsers, ...moreUsers] = users.filter(({ owner }) => owner === OWNER);
  const [ownGroups, ...moreGroups] = groups.filter(({ owner }) => owner === OWNER);
  if (ownUsers ?? ownGroups) {
    const fits =
      ownUsers?.first === ownGroups?.first &&
      ownUsers?.count === ownGroups?.count &&
      moreUsers.length + moreGroups.length === 0;
    if (!ownUsers || !fits || !isWhole(ownUsers)) {
      throw new Error(
        `The IDs of ${OWNER} in ${files.users} and ${files.groups} must be one range, the same in both, that begins at and has a multiple of ${IDS_PER_POD}`,
      );
    }
    return { first: ownUsers.first, count: ownUsers.count, foreign: [], preferred: 0 };
  }
  return {
    ...{ first: FIRST, count: END - FIRST },
    foreign: [...users, ...groups],
    preferred: Number.parseInt(siteId, 16) || 0,
  };
}

function isWhole({ first, count }: IdRange): boolean {
  return first > 0 && count > 0 && first % IDS_PER_POD === 0 && count % IDS_PER_POD === 0;
}

async function read(path: string): Promise<readonly Subordinate[]> {
  try {
    return parse(await readFile(path, "utf8"));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Lines of `owner:first:count`; others say nothing. */
function parse(text: string): readonly Subordinate[] {
  return text.split("\n").flatMap((line) => {
    const [, owner = "", first, count] = /^([^:#]+):(\d+):(\d+)\s*$/.exec(line) ?? [];
    return first === undefined ? [] : [{ owner, first: Number(first), count: Number(count) }];
  });
}
