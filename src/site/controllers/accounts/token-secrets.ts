import {
  nameOf,
  namespaceOf,
  objectKey,
  parseObjectKey,
  type Secret,
  type ServiceAccount,
} from "#api/object.ts";
import { SECRETS, SERVICE_ACCOUNTS } from "#api/resources.ts";
import { type Controller, createController } from "#client/controller.ts";
import { type ControllerDeps, equip } from "../deps.ts";

/** What tokens that lie in Secrets are made of. */
export interface TokenSecretsOptions {
  /** The certificate of the authority that the API server's is signed by, PEM. */
  readonly rootCa: string;
  tokenForSecret(account: ServiceAccount, secret: Secret): string;
}

const TYPE = "kubernetes.io/service-account-token";
const ACCOUNT_NAME = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";

/**
 * Fills Secrets of type `kubernetes.io/service-account-token`, and removes those whose account is
 * gone (kubernetes/pkg/controller/serviceaccount/tokens_controller.go).
 */
export function createTokenSecretsController(
  deps: ControllerDeps,
  { rootCa, tokenForSecret }: TokenSecretsOptions,
): Controller {
  // Secrets are the controller manager's own to write, as in Kubernetes.
  const { informers, client, queue, log } = equip(deps, "kube-controller-manager");
  const secrets = informers.informer(SECRETS);
  const accounts = informers.informer(SERVICE_ACCOUNTS);
  const queueSecret = (secret: Secret): void => {
    if (secret.type === TYPE) queue.add(objectKey(secret));
  };
  const queueSecretsOf = (account: ServiceAccount): void => {
    for (const secret of secrets.list(namespaceOf(account))) {
      if (accountNameOf(secret) === nameOf(account)) queueSecret(secret);
    }
  };

  async function reconcile(key: string): Promise<undefined> {
    const secret = secrets.get(key);
    if (secret?.type !== TYPE || secret.metadata?.deletionTimestamp !== undefined) return;
    const name = accountNameOf(secret);
    const account = accounts.get(`${namespaceOf(secret)}/${name}`);
    const wanted = secret.metadata?.annotations?.[ACCOUNT_UID] ?? "";
    const uid = account?.metadata?.uid ?? "";
    if (account === undefined || (wanted !== "" && wanted !== uid)) {
      const preconditions = { uid: secret.metadata?.uid ?? "" };
      await client.delete(SECRETS, parseObjectKey(key), { preconditions });
      return;
    }
    const next = filled(secret, account);
    if (next !== secret) await client.update(SECRETS, next);
  }

  /** The Secret with all that it should hold; itself where it holds that. */
  function filled(secret: Secret, account: ServiceAccount): Secret {
    const { data = {}, metadata } = secret;
    const uid = account.metadata?.uid ?? "";
    const isWhole =
      data["ca.crt"] === encoded(rootCa) &&
      data["namespace"] !== undefined &&
      data["token"] !== undefined &&
      metadata?.annotations?.[ACCOUNT_UID] === uid;
    if (isWhole) return secret;
    return {
      ...secret,
      metadata: {
        ...metadata,
        annotations: { ...metadata?.annotations, [ACCOUNT_UID]: uid },
      },
      data: {
        ...data,
        "ca.crt": encoded(rootCa),
        namespace: encoded(namespaceOf(secret)),
        token: data["token"] ?? encoded(tokenForSecret(account, secret)),
      },
    };
  }

  return createController({
    name: "serviceaccount-token",
    reconcile,
    queue,
    log,
    synced: [secrets.synced, accounts.synced],
    removals: [
      secrets.addHandler({ added: queueSecret, updated: queueSecret }),
      accounts.addHandler({ added: queueSecretsOf, deleted: queueSecretsOf }),
    ],
  });
}

function accountNameOf({ metadata }: Secret): string {
  return metadata?.annotations?.[ACCOUNT_NAME] ?? "";
}

const encoded = (text: string): string => Buffer.from(text).toString("base64");
