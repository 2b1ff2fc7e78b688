import type { Database } from "#db/database.ts";
import { abortReason } from "#lib/abort.ts";
import type { HealthCheck } from "#serve/api-options.ts";
import type { Component } from "#site/apiserver/strategies/component-statuses.ts";
import type { ModuleStates } from "./module-states.ts";

const lossOf = ({ lost }: Database) => (lost.aborted ? abortReason(lost).message : undefined);

/** The parts of Kubernetes' control plane, and what stands for them here. */
export function siteComponents(db: Database, states: ModuleStates): readonly Component[] {
  return [
    { name: "etcd-0", failure: () => lossOf(db) },
    states.component({ name: "controller-manager", module: "controllers" }),
    states.component({ name: "scheduler", module: "scheduler" }),
  ];
}

/** What the API server's health is made of. */
export function healthChecks(db: Database): readonly HealthCheck[] {
  return [
    { name: "database", live: true, failure: () => lossOf(db) },
    { name: "stored-rows", live: false, failure: () => undefined, note: () => setAside(db) },
  ];
}

/** How many of each kind, without names: everybody may read it. */
function setAside({ unreadable, salvage }: Database): string | undefined {
  const damaged = "the database file was damaged and was made anew at the start";
  if (unreadable.length === 0) return salvage && damaged;
  const kinds = Map.groupBy(unreadable, ({ key }) => key?.collection.split("/")[1] ?? "meta");
  const counts = [...kinds].map(([kind, rows]) => `${rows.length} of ${kind}`);
  const rows = `rows cannot be read and are in quarantine: ${counts.join(", ")}`;
  return salvage ? `${damaged}; ${rows}` : rows;
}
