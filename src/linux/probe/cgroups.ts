import { type CgroupLayout, detectCgroups } from "../cgroups/layout.ts";
import { type Finding, findingOf } from "./finding.ts";

const NEEDED = ["cpu", "memory", "pids"];
const USEFUL = ["io", "blkio", "cpuset", "devices", "freezer", "hugetlb"];

/** Whether containers can be held to what they may use. */
export function probeCgroups(layout: CgroupLayout = detectCgroups()): Finding {
  const { ok, failed } = findingOf("cgroups", "native");
  if (layout.kind === "none") {
    return failed(
      "none are mounted",
      "Mount them: mount -t cgroup2 none /sys/fs/cgroup (systemd does that at boot)",
    );
  }
  const has = new Set(layout.hierarchies.flatMap(({ controllers }) => controllers));
  const missing = NEEDED.filter((name) => !has.has(name));
  if (missing.length === 0) {
    return ok(
      `${layout.kind}: ${[...NEEDED, ...USEFUL].filter((name) => has.has(name)).join(", ")}`,
    );
  }
  return failed(
    `${layout.kind}, without ${missing.join(" and ")}`,
    `Enable them on the kernel's command line: ${missing.map((name) => `cgroup_enable=${name}`).join(" ")} (on a Raspberry Pi in cmdline.txt, with cgroup_memory=1), and restart`,
  );
}
