import type { ClientStatus } from "./site.ts";

/** `edgesite kubeconfig ls`: one line per certificate. */
export function clientTable(clients: readonly ClientStatus[]): string {
  if (clients.length === 0) return "No client certificates were issued\n";
  const rows = [
    ["USER", "GROUPS", "CREATED", "EXPIRES", "STATE"],
    ...clients.map(({ user, groups, createdAt, notAfter, revokedAt }) => [
      user,
      groups.join(",") || "<none>",
      createdAt.slice(0, 10),
      notAfter.slice(0, 10),
      revokedAt === undefined ? "good" : "revoked",
    ]),
  ];
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)),
    [],
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
      .join("")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
