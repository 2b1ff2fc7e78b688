/** Reads a file of an image, such as `etc/passwd`; undefined where it has none. */
export type ImageFile = (path: string) => Promise<string | undefined>;

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Groups beside `gid`. */
  readonly groups: readonly number[];
  readonly home: string;
}

const PASSWD = "etc/passwd";
const GROUP = "etc/group";
const MAX_ID = 2 ** 31 - 1;

/**
 * Who `user[:group]` is in an image, names or numbers, as runc's `GetExecUser` has it: a number needs
 * no entry; the groups of a user that has one come from the image unless a group is named.
 * @throws when a name is not in the image's files.
 */
export async function resolveUser(text: string, file: ImageFile): Promise<ResolvedUser> {
  const [userText = "", groupText = ""] = text.split(":", 2);
  const entry = rows(await file(PASSWD)).find((row) => matches(row, userText || "0"));
  const uid = entry ? idOf(entry[2]) : idOf(userText || "0");
  if (uid === undefined) {
    throw new Error(`Unable to find user ${userText}: no matching entries in passwd file`);
  }
  const home = entry?.[5] || "/";
  const groups = rows(await file(GROUP));
  if (groupText === "") {
    const name = entry?.[0];
    const more = groups.filter((row) => name !== undefined && membersOf(row).includes(name));
    return {
      uid,
      gid: idOf(entry?.[3]) ?? 0,
      groups: more.flatMap((row) => idOf(row[2]) ?? []),
      home,
    };
  }
  const group = groups.find((row) => matches(row, groupText));
  const gid = group ? idOf(group[2]) : idOf(groupText);
  if (gid === undefined) {
    throw new Error(`Unable to find group ${groupText}: no matching entries in group file`);
  }
  return { uid, gid, groups: [], home };
}

function rows(text: string | undefined): string[][] {
  return (text ?? "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

/** By name first; a number is also an ID. */
function matches([name, , id]: readonly string[], wanted: string): boolean {
  return name === wanted || (idOf(wanted) !== undefined && idOf(id) === idOf(wanted));
}

function membersOf([, , , members = ""]: readonly string[]): string[] {
  return members.split(",").map((name) => name.trim());
}

function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}
