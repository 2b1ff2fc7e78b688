import { readFile } from "node:fs/promises";

const CAP_SYS_RESOURCE = 24n;
const LOWEST = -1000;

/**
 * The lowest OOM score that a container may be given here. Without CAP_SYS_RESOURCE (a container
 * host, a hardened VM) the kernel refuses to go below one's own, and runc then starts nothing at all.
 */
export async function lowestOomScore(procDirectory = "/proc"): Promise<number> {
  const status = await readFile(`${procDirectory}/self/status`, "utf8");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  if (((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) === 1n) return LOWEST;
  return Number(await readFile(`${procDirectory}/self/oom_score_adj`, "utf8"));
}
