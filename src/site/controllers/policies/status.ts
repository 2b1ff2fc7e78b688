import type { Catalog } from "#api/catalog.ts";
import { apiVersionOf } from "#api/resource.ts";
import { VALIDATING_ADMISSION_POLICIES } from "#api/resources.ts";
import { type Controller, createController } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";
import { expressionWarnings } from "./type-check.ts";

const KIND = VALIDATING_ADMISSION_POLICIES;

/** Tells in the status of every ValidatingAdmissionPolicy what its expressions get wrong of the kinds it judges. */
export function createPolicyStatusController(deps: ControllerDeps, catalog: Catalog): Controller {
  const name = "validatingadmissionpolicy-status-controller";
  const { informers, client, queue, log } = equip(deps, name);
  const policies = informers.informer(KIND);

  async function reconcile(key: string): Promise<undefined> {
    const policy = policies.get(key);
    const generation = policy?.metadata?.generation ?? 0;
    // Once per generation: a kind that changes later on is no reason.
    if (policy === undefined || generation <= (policy.status?.observedGeneration ?? 0)) return;
    const warnings = expressionWarnings(policy, catalog);
    const status = {
      observedGeneration: generation,
      typeChecking: { ...(warnings.length > 0 && { expressionWarnings: warnings }) },
    };
    const body = {
      apiVersion: apiVersionOf(KIND),
      kind: KIND.kind,
      metadata: { name: key },
      status,
    };
    const at = { namespace: "", name: key, subresource: "status" };
    await client.apply(KIND, at, { manager: name, body });
  }

  return createController({
    name: "validatingadmissionpolicy-status",
    reconcile,
    queue,
    log,
    synced: [policies.synced],
    removals: [policies.addHandler(queueItself(queue))],
  });
}
