import type { CertificateSigningRequest } from "#api/object.ts";
import { CERTIFICATE_SIGNING_REQUESTS } from "#api/resources.ts";
import type { Controller } from "#client/controller.ts";
import type { ControllerDeps } from "../deps.ts";
import { conditionOf } from "./conditions.ts";
import { createRequestController } from "./request-controller.ts";

const HOUR_MS = 60 * 60 * 1000;
/** How long a request is kept at a stage. */
const KEPT_MS = {
  pending: 24 * HOUR_MS,
  approved: Number.POSITIVE_INFINITY,
  issued: HOUR_MS,
  refused: HOUR_MS,
} as const;

/**
 * Removes requests that are over (`certificates/cleaner`). Their time counts from when this process
 * saw them: a step of the clock takes nothing away.
 */
export function createCleaningController(deps: ControllerDeps): Controller {
  const { clock } = deps;
  const seen = new Map<string, { readonly stage: Stage; readonly fromMs: number }>();
  return createRequestController(deps, {
    name: "csrcleaner",
    async reconcile(csr, client) {
      const { name = "", uid } = csr.metadata ?? {};
      const stage = stageOf(csr);
      const before = seen.get(name);
      const nowMs = clock.monotonicMs();
      const fromMs = before?.stage === stage ? before.fromMs : nowMs;
      seen.set(name, { stage, fromMs });
      const leftMs = fromMs + KEPT_MS[stage] - nowMs;
      if (leftMs === Number.POSITIVE_INFINITY) return undefined;
      if (leftMs > 0) return { requeueAfterMs: leftMs };
      const preconditions = uid === undefined ? {} : { preconditions: { uid } };
      await client.delete(CERTIFICATE_SIGNING_REQUESTS, { namespace: "", name }, preconditions);
      return undefined;
    },
    gone: (name) => void seen.delete(name),
  });
}

type Stage = keyof typeof KEPT_MS;

function stageOf(csr: CertificateSigningRequest): Stage {
  const { certificate, conditions = [] } = csr.status ?? {};
  if (conditionOf(csr, "Denied") || conditionOf(csr, "Failed")) return "refused";
  if (conditions.length === 0) return "pending";
  return certificate && conditionOf(csr, "Approved") ? "issued" : "approved";
}
