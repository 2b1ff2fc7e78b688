import type { CertificateSigningRequest } from "#api/object.ts";
import { CERTIFICATE_SIGNING_REQUESTS } from "#api/resources.ts";
import type { Client } from "#client/client.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import { queueItself } from "../children.ts";
import { type ControllerDeps, equip } from "../deps.ts";

export interface RequestControllerOptions {
  readonly name: string;
  /** Looks at one request, as the certificate controller's user. */
  reconcile(csr: CertificateSigningRequest, client: Client): Promise<Requeue | undefined>;
  /** The request of that name is no more. */
  gone?(name: string): void;
}

/** A controller that follows requests for certificates. */
export function createRequestController(
  deps: ControllerDeps,
  { name, reconcile, gone }: RequestControllerOptions,
): Controller {
  const { informers, client, queue, log } = equip(deps, "certificate-controller");
  const requests = informers.informer(CERTIFICATE_SIGNING_REQUESTS);
  return createController({
    name,
    async reconcile(key) {
      const csr = requests.get(key);
      if (csr !== undefined) return await reconcile(csr, client);
      gone?.(key);
      return undefined;
    },
    queue,
    log,
    synced: [requests.synced],
    removals: [requests.addHandler(queueItself(queue))],
  });
}
