import { existsSync } from "node:fs";

/**
 * The rules of Docker's `docker-default` (github.com/moby/profiles, Apache License 2.0) under
 * another name, so that neither replaces the other.
 */
export function appArmorProfile(name: string, has: (path: string) => boolean = existsSync): string {
  const tunables = has("/etc/apparmor.d/tunables/global")
    ? "#include <tunables/global>"
    : "@{PROC}=/proc/";
  const base = has("/etc/apparmor.d/abstractions/base") ? "  #include <abstractions/base>\n" : "";
  return `${tunables}

profile ${name} flags=(attach_disconnected,mediate_deleted) {
${base}  network,
  capability,
  file,
  umount,
  signal (receive) peer=unconfined,
  signal (send,receive) peer=${name},

  deny @{PROC}/* w,
  deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w,
  deny @{PROC}/sys/[^k]** w,
  deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
  deny @{PROC}/sysrq-trigger rwklx,
  deny @{PROC}/kcore rwklx,

  deny mount,

  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,

  ptrace (trace,read,tracedby,readby) peer=${name},
}
`;
}
