import { readFileSync } from "node:fs";
import { capabilityNumber } from "../capabilities.ts";
import { type Finding, findingOf } from "./finding.ts";

/** What a site cannot do without. */
const NEEDED = ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"] as const;

/** Whether this process may make containers and networks. */
export function probePrivilege(status = readFileSync("/proc/self/status", "utf8")): Finding {
  const { ok, failed } = findingOf("privilege", "site");
  const user = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]);
  if (user !== 0) return failed(`user ${user}`, "Run edgesite as root, usually with sudo");
  const effective = BigInt(`0x${/^CapEff:\s+(\w+)/m.exec(status)?.[1] ?? "0"}`);
  const missing = NEEDED.filter((name) => !((effective >> BigInt(capabilityNumber(name))) & 1n));
  if (missing.length === 0) return ok("root");
  return failed(
    `root without ${missing.join(" and ")}`,
    "Run edgesite on the host, or in a container that is privileged",
  );
}
