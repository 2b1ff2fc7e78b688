/** A line of /proc/PID/mountinfo (proc(5)). */
export interface MountInfo {
  /** What of its file system is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** The mounts of a mountinfo file, as they were made. */
export function parseMountInfo(text: string): readonly MountInfo[] {
  return text.split("\n").flatMap((line) => {
    const [before = "", after] = line.split(" - ");
    if (after === undefined) return [];
    const [, , , root = "", mountPoint = ""] = before.split(" ");
    const [type = "", source = "", superOptions = ""] = after.split(" ");
    return [
      {
        root: decode(root),
        mountPoint: decode(mountPoint),
        type,
        source: decode(source),
        superOptions: superOptions.split(","),
      },
    ];
  });
}

/** The kernel writes blanks and the like in octal. */
function decode(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
}
