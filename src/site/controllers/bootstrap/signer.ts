import { createHmac } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  BOOTSTRAP_TOKEN_NAMESPACE,
  type BootstrapToken,
  bootstrapTokenOf,
  isBootstrapSecret,
} from "#api/bootstrap-token.ts";
import { type ConfigMap, namespaceOf, objectKey, type Secret } from "#api/object.ts";
import { CONFIG_MAPS, SECRETS } from "#api/resources.ts";
import { type Controller, createController } from "#client/controller.ts";
import { type ControllerDeps, equip } from "../deps.ts";

const CLUSTER_INFO = "kube-public/cluster-info";
const SIGNED = "kubeconfig";
const SIGNATURE = "jws-kubeconfig-";

/**
 * Signs the kubeconfig in the ConfigMap `kube-public/cluster-info`, where there is one, with every
 * bootstrap token that is for that: who has a token and reads it without credentials can trust it
 * (`bootstrapsigner`).
 */
export function createBootstrapSigner(deps: ControllerDeps): Controller {
  const { informers, client, queue, log, clock } = equip(deps, "bootstrap-signer");
  const configMaps = informers.informer(CONFIG_MAPS);
  const secrets = informers.informer(SECRETS);
  const queueInfo = (configMap: ConfigMap): void => {
    if (objectKey(configMap) === CLUSTER_INFO) queue.add(CLUSTER_INFO);
  };
  const queueForToken = (secret: Secret): void => {
    if (namespaceOf(secret) === BOOTSTRAP_TOKEN_NAMESPACE && isBootstrapSecret(secret)) {
      queue.add(CLUSTER_INFO);
    }
  };

  /** A token that ends is removed, which brings us here again. */
  function signing(): readonly BootstrapToken[] {
    const nowMs = clock.now().getTime();
    return secrets
      .list(BOOTSTRAP_TOKEN_NAMESPACE)
      .flatMap((secret) => bootstrapTokenOf(secret) ?? [])
      .filter(({ forSigning, secret, expiresMs }) => forSigning && secret && expiresMs > nowMs);
  }

  async function reconcile(key: string): Promise<undefined> {
    const info = configMaps.get(key);
    const content = info?.data?.[SIGNED];
    if (info?.data === undefined || content === undefined) return;
    const others = Object.entries(info.data).filter(([name]) => !name.startsWith(SIGNATURE));
    const signatures = signing().map((token) => [
      SIGNATURE + token.id,
      detachedSignature(content, token),
    ]);
    const data = Object.fromEntries([...others, ...signatures]);
    if (!isDeepStrictEqual(data, { ...info.data })) {
      await client.update(CONFIG_MAPS, { ...info, data });
    }
  }

  return createController({
    name: "bootstrap-signer",
    reconcile,
    queue,
    log,
    synced: [configMaps.synced, secrets.synced],
    removals: [
      configMaps.addHandler({ added: queueInfo, updated: queueInfo }),
      secrets.addHandler({
        added: queueForToken,
        updated: queueForToken,
        deleted: queueForToken,
      }),
    ],
  });
}

/** A JWS of a token over a text, without the text (RFC 7515, appendix F). */
export function detachedSignature(
  content: string,
  { id, secret }: Pick<BootstrapToken, "id" | "secret">,
): string {
  const header = encoded(JSON.stringify({ alg: "HS256", kid: id }));
  const signed = `${header}.${encoded(content)}`;
  return `${header}..${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

const encoded = (text: string): string => Buffer.from(text).toString("base64url");
