import { BOOTSTRAP_TOKEN_NAMESPACE, expiryOf, isBootstrapSecret } from "#api/bootstrap-token.ts";
import { namespaceOf, objectKey, parseObjectKey, type Secret } from "#api/object.ts";
import { SECRETS } from "#api/resources.ts";
import { type Controller, createController, type Requeue } from "#client/controller.ts";
import { type ControllerDeps, equip } from "../deps.ts";

/** The clock may step: then an end comes sooner than it seemed. */
const LOOK_AGAIN_MS = 60 * 60 * 1000;

/** Removes bootstrap tokens that are over (`tokencleaner`). */
export function createTokenCleaner(deps: ControllerDeps): Controller {
  const { informers, client, queue, log, clock } = equip(deps, "token-cleaner");
  const secrets = informers.informer(SECRETS);
  const queueToken = (secret: Secret): void => {
    if (namespaceOf(secret) !== BOOTSTRAP_TOKEN_NAMESPACE || !isBootstrapSecret(secret)) return;
    if (expiryOf(secret) !== Number.POSITIVE_INFINITY) queue.add(objectKey(secret));
  };

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const secret = secrets.get(key);
    if (secret === undefined || secret.metadata?.deletionTimestamp !== undefined) return undefined;
    const leftMs = expiryOf(secret) - clock.now().getTime();
    if (leftMs === Number.POSITIVE_INFINITY) return undefined;
    if (leftMs > 0) return { requeueAfterMs: Math.min(leftMs, LOOK_AGAIN_MS) };
    const preconditions = { uid: secret.metadata?.uid ?? "" };
    await client.delete(SECRETS, parseObjectKey(key), { preconditions });
    return undefined;
  }

  return createController({
    name: "token-cleaner",
    reconcile,
    queue,
    log,
    synced: [secrets.synced],
    removals: [secrets.addHandler({ added: queueToken, updated: queueToken })],
  });
}
