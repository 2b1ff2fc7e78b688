import { aggregated } from "#api/aggregate.ts";
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
    const found = volumes.map((volume) => this.#names(volume, { audience, pod }));
    if (found.includes(true)) return undefined;
    const verb = "request-serviceaccounts-token-audience";
    const what = { group: "", version: "v1", resource: audience, subresource: "" };
    if (this.#authorizer.decide(user, { verb, ...what, namespace, name }).allowed) return undefined;
    const unknown = found.filter((one) => typeof one === "string");
    if (unknown.length > 0) {
      return `error validating audience "${audience}": ${aggregated(unknown)}`;
    }
    return `audience "${audience}" not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`;
  }

  /** True where a volume names the audience; where that cannot be known, what is missing. */
  #names(
    volume: Volume,
    { audience, pod }: { readonly audience: string; readonly pod: Pod },
  ): boolean | string {
    for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
      if (serviceAccountToken && (serviceAccountToken.audience ?? "") === audience) return true;
    }
    if (volume.csi) return this.#driverNames(volume.csi.driver, audience);
    const { ephemeral, persistentVolumeClaim } = volume;
    const claim = ephemeral ? `${nameOf(pod)}-${volume.name}` : persistentVolumeClaim?.claimName;
    if (claim === undefined) return false;
    const place = { resource: PERSISTENT_VOLUME_CLAIMS, namespace: namespaceOf(pod) };
    const bound = newestOf(this.#store, place, claim);
    if (bound === undefined) return `persistentvolumeclaim "${claim}" not found`;
    const name = bound.spec?.volumeName ?? "";
    const found = newestOf(this.#store, { resource: PERSISTENT_VOLUMES, namespace: "" }, name);
    if (found === undefined) return `persistentvolume "${name}" not found`;
    return found.spec?.csi ? this.#driverNames(found.spec.csi.driver, audience) : false;
  }

  #driverNames(name: string, audience: string): boolean | string {
    const driver = newestOf(this.#store, { resource: CSI_DRIVERS, namespace: "" }, name);
    if (driver === undefined) return `csidriver.storage.k8s.io "${name}" not found`;
    return driver.spec.tokenRequests?.some((one) => one.audience === audience) ?? false;
  }
}
