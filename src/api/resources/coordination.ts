import { LEASE_COLUMNS } from "../columns/core.ts";
import { dropElection } from "../defaults/disabled.ts";
import type * as objects from "../object.ts";
import { validateLease } from "../validation/cluster.ts";
import { row } from "./row.ts";

export const LEASES = row<objects.Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
  definition: "io.k8s.api.coordination.v1.Lease",
  needsVersion: true,
  createsOnUpdate: true,
  anyFinalizer: true,
  columns: LEASE_COLUMNS,
  prepareForCreate: dropElection,
  prepareForUpdate: dropElection,
  validate: validateLease,
});
