import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "#lib/errors.ts";
import { parseMountInfo } from "../mount-info.ts";

/** One tree of cgroups. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** What it controls: `cpu`, `memory`, …, and `name=systemd` of version 1. */
  readonly controllers: readonly string[];
}

/**
 * How this host's cgroups are laid out. `unified`: version 2 alone. `legacy`: version 1 alone.
 * `hybrid`: the controllers are those of version 1, and a tree of version 2 is there beside them.
 * `none`: nothing is mounted, at least not where this process sees it.
 */
export interface CgroupLayout {
  readonly kind: "unified" | "hybrid" | "legacy" | "none";
  readonly hierarchies: readonly Hierarchy[];
}

/** Controllers that are no use to containers here, and whose trees are left alone. */
const IGNORED: ReadonlySet<string> = new Set([
  "cpuset",
  "hugetlb",
  "net_cls",
  "net_prio",
  "perf_event",
  "rdma",
  "misc",
  "debug",
]);

/** The layout that the calling process sees, or that a mountinfo file tells of. */
export function detectCgroups(
  mountInfo: string = readFileSync("/proc/self/mountinfo", "utf8"),
): CgroupLayout {
  const { hierarchies } = allCgroups(mountInfo);
  return layoutOf(
    hierarchies.filter(
      ({ version, controllers }) =>
        version === 2 || !controllers.every((name) => IGNORED.has(name)),
    ),
  );
}

/** The same with the trees that pods are not in, though an engine puts its containers there too. */
export function allCgroups(
  mountInfo: string = readFileSync("/proc/self/mountinfo", "utf8"),
): CgroupLayout {
  const mounts = parseMountInfo(mountInfo);
  const seen = new Set<string>();
  const hierarchies = mounts.flatMap(({ type, mountPoint, superOptions }): Hierarchy[] => {
    if (type !== "cgroup" && type !== "cgroup2") return [];
    const version = type === "cgroup2" ? 2 : 1;
    const controllers =
      version === 2 ? unifiedControllers(mountPoint) : legacyControllers(superOptions);
    // The same tree may be mounted twice.
    const identity = `${type} ${controllers.join()}`;
    if (seen.has(identity)) return [];
    seen.add(identity);
    return [{ version, mountPoint, controllers }];
  });
  return layoutOf(hierarchies);
}

function layoutOf(hierarchies: readonly Hierarchy[]): CgroupLayout {
  return { kind: kindOf(hierarchies), hierarchies };
}

function kindOf(hierarchies: readonly Hierarchy[]): CgroupLayout["kind"] {
  const legacy = hierarchies.some(({ version }) => version === 1);
  const unified = hierarchies.some(({ version }) => version === 2);
  if (unified) return legacy ? "hybrid" : "unified";
  return legacy ? "legacy" : "none";
}

/** Among the options of a mount of version 1 are the names of its controllers. */
function legacyControllers(superOptions: readonly string[]): readonly string[] {
  return superOptions.filter((option) => !OPTIONS.test(option));
}

const OPTIONS =
  /^(rw|ro|xattr|noprefix|clone_children|cpuset_v2_mode|favordynmods|nofavordynmods|release_agent=.*)$/;

function unifiedControllers(mountPoint: string): readonly string[] {
  try {
    const text = readFileSync(join(mountPoint, "cgroup.controllers"), "utf8");
    return text.split(/\s+/).filter((name) => name !== "");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
