/** A line of /proc/PID/mountinfo (proc(5)). */
export interface MountInfo {
  /** What of its file system is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
  /** Whether mounts below it go to other namespaces, and come from there. */
  readonly shared: boolean;
  /** Whether mounts below it come from another namespace. */
  readonly slave: boolean;
}

/** The mounts of a mountinfo file, as they were made. */
export function parseMountInfo(text: string): readonly MountInfo[] {
  return text.split("\n").flatMap((line) => {
    const [before = "", after] = line.split(" - ");
    if (after === undefined) return [];
    const [, , , root = "", mountPoint = "", , ...propagation] = before.split(" ");
    const [type = "", source = "", superOptions = ""] = after.split(" ");
    return [
      {
        root: decode(root),
        mountPoint: decode(mountPoint),
        type,
        source: decode(source),
        superOptions: superOptions.split(","),
        shared: propagation.some((field) => field.startsWith("shared:")),
        slave: propagation.some((field) => field.startsWith("master:")),
      },
    ];
  });
}

/** The mount that a path lies on; of several at one place the last one, which hides the others. */
export function mountOf(mounts: readonly MountInfo[], path: string): MountInfo | undefined {
  let found: MountInfo | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const isAbove = mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (isAbove && mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount;
  }
  return found;
}

/** The kernel writes blanks and the like in octal. */
function decode(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
}
