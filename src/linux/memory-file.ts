import { closeSync, writeSync } from "node:fs";
import { cString, SystemCallError } from "./libc.ts";
import { systemCall } from "./system-call.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
/** Known from Linux 6.3 on, where a sysctl may forbid to run what does not carry it. */
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE. */
const ALL_SEALS = 0xf;

/**
 * A file in memory that nobody can change, whoever gets hold of it: the way to run a program, or to
 * hand one over, that a container could otherwise write to (CVE-2019-5736). Answers its descriptor,
 * which the caller closes; it is closed on exec.
 */
export function sealedFile(name: string, content: Uint8Array): number {
  const fd = create(name);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
    const args = [fd, F_ADD_SEALS, ALL_SEALS];
    systemCall({ name: "fcntl", args, what: `seal the file ${name} in memory` });
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function create(name: string): number {
  const attempt = (flags: number): number =>
    systemCall({
      name: "memfd_create",
      args: [cString(name), flags],
      what: `make the file ${name} in memory`,
    });
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  try {
    return attempt(flags | MFD_EXEC);
  } catch (error) {
    if (error instanceof SystemCallError && error.code === "EINVAL") return attempt(flags);
    throw error;
  }
}
