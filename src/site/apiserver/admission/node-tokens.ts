import { nameOf, namespaceOf, type Pod, type TokenRequest, type Volume } from "#api/object.ts";
import { CSI_DRIVERS, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS } from "#api/resources.ts";
import { notFound } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import { newestOf } from "../kind.ts";

/** Who asks, and for which account. */
interface Asker {
  readonly node: string;
  readonly user: UserInfo;
  readonly account: { readonly namespace: string; readonly name: string };
}

/** Which tokens nodes may ask for: those of pods that are on them, and for nobody else than these want. */
export class NodeTokens {
  readonly #store: ObjectStore;
  readonly #authorizer: Authorizer;

  constructor({ store, authorizer }: { store: ObjectStore; authorizer: Authorizer }) {
    this.#store = store;
    this.#authorizer = authorizer;
  }

  /**
   * Why a node may not have the token; `undefined` where it may.
   * @throws StatusError 404 when the pod is not there.
   */
  refusal(
    asker: Asker,
    { boundObjectRef: to, audiences = [] }: NonNullable<TokenRequest["spec"]>,
  ): string | undefined {
    if (to?.apiVersion !== "v1" || to.kind !== "Pod" || !to.name) {
      return "node requested token not bound to a pod";
    }
    if (!to.uid) return "node requested token with a pod binding without a uid";
    const pod = newestOf(
      this.#store,
      { resource: PODS, namespace: asker.account.namespace },
      to.name,
    );
    if (pod === undefined) throw notFound({ resource: PODS, name: to.name });
    if (to.uid !== pod.metadata?.uid) {
      return `the UID in the bound object reference (${to.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    }
    if (pod.spec?.nodeName === asker.node) return this.#audienceRefusal(asker, pod, audiences);
    return "node requested token bound to a pod scheduled on a different node";
  }

  /** A volume of the pod or a role must name whom the token is for: ServiceAccountNodeAudienceRestriction. */
  #audienceRefusal(
    { user, account: { namespace, name } }: Asker,
    pod: Pod,
    [audience = "", ...others]: readonly string[],
  ): string | undefined {
    if (others.length > 0) return "node may only request 0 or 1 audiences";
    const volumes = pod.spec?.volumes ?? [];
    if (volumes.some((volume) => this.#names(volume, { audience, pod }))) return undefined;
    const verb = "request-serviceaccounts-token-audience";
    const what = { group: "", version: "v1", resource: audience, subresource: "" };
    if (this.#authorizer.decide(user, { verb, ...what, namespace, name }).allowed) return undefined;
    return `audience "${audience}" not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`;
  }

  #names(
    volume: Volume,
    { audience, pod }: { readonly audience: string; readonly pod: Pod },
  ): boolean {
    for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
      if (serviceAccountToken && (serviceAccountToken.audience ?? "") === audience) return true;
    }
    const driver = this.#driverOf(volume, pod);
    return driver !== undefined && this.#driverNames(driver, audience);
  }

  #driverOf({ name, csi, persistentVolumeClaim: claim, ephemeral }: Volume, pod: Pod) {
    if (csi) return csi.driver;
    const claimName = ephemeral ? `${nameOf(pod)}-${name}` : claim?.claimName;
    if (claimName === undefined) return undefined;
    const place = { resource: PERSISTENT_VOLUME_CLAIMS, namespace: namespaceOf(pod) };
    const bound = newestOf(this.#store, place, claimName)?.spec?.volumeName ?? "";
    return newestOf(this.#store, { resource: PERSISTENT_VOLUMES, namespace: "" }, bound)?.spec?.csi
      ?.driver;
  }

  #driverNames(name: string, audience: string): boolean {
    const driver = newestOf(this.#store, { resource: CSI_DRIVERS, namespace: "" }, name);
    return driver?.spec.tokenRequests?.some((one) => one.audience === audience) ?? false;
  }
}
