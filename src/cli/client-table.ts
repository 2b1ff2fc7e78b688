import type { ClientStatus } from "./site.ts";
import { textTable } from "./text-table.ts";

/** `edgesite kubeconfig ls`: one line per certificate. */
export function clientTable(clients: readonly ClientStatus[]): string {
  if (clients.length === 0) return "No client certificates were issued\n";
  return textTable([
    ["USER", "GROUPS", "CREATED", "EXPIRES", "STATE"],
    ...clients.map(({ user, groups, createdAt, notAfter, revokedAt }) => [
      user,
      groups.join(",") || "<none>",
      createdAt.slice(0, 10),
      notAfter.slice(0, 10),
      revokedAt === undefined ? "good" : "revoked",
    ]),
  ]);
}
