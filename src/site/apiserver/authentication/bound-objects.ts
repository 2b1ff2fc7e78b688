import { NODES, PODS, SECRETS, SERVICE_ACCOUNTS } from "#api/resources.ts";
import type { Target } from "#api/verbs.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import { visibleOf } from "../kind.ts";
import { TokenRefused } from "./authenticator.ts";
import type { AccountClaims, Identity } from "./token-claims.ts";

/** A pod that ends may still say goodbye. */
const GRACE_MS = 60_000;

/** The objects that tokens end with (kubernetes/pkg/serviceaccount/claims.go). */
export class BoundObjects {
  readonly #store: ObjectStore;
  readonly #clock: Clock;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @throws TokenRefused when the account, or what the token is bound to, is gone or another by now. */
  check({ namespace, account, pod, node, secret }: AccountClaims): void {
    this.#check(account, { resource: SERVICE_ACCOUNTS, namespace, what: "claim" });
    if (secret) {
      this.#check(secret, {
        resource: SECRETS,
        namespace,
        what: "service account secret ref claim",
      });
    }
    if (pod) this.#check(pod, { resource: PODS, namespace, what: "service account pod ref claim" });
    else if (node) {
      const what = "service account node ref claim";
      this.#check(node, { resource: NODES, namespace: "", what });
    }
  }

  /** @throws TokenRefused when the Secret that holds a token holds another by now. */
  checkHolder({ namespace, secret }: AccountClaims, token: string): void {
    const found = secret && visibleOf(this.#store, { resource: SECRETS, namespace }, secret.name);
    const held = found?.data?.["token"];
    if (held !== undefined && Buffer.from(held, "base64").toString() === token) return;
    throw new TokenRefused("Token does not match server's copy");
  }

  #check(
    { name, uid }: Identity,
    { resource, namespace, what }: Target & { readonly what: string },
  ): void {
    const found = visibleOf(this.#store, { resource, namespace }, name)?.metadata;
    const kind = resource.kind === "ServiceAccount" ? "service account" : resource.singular;
    if (found === undefined) throw new TokenRefused(`${resource.plural} "${name}" not found`);
    if (uid !== "" && uid !== found.uid) {
      throw new TokenRefused(`${kind} UID (${found.uid}) does not match ${what} (${uid})`);
    }
    const { deletionTimestamp } = found;
    const deadline = this.#clock.now().getTime() - GRACE_MS;
    if (deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < deadline) {
      throw new TokenRefused("service account token has been invalidated");
    }
  }
}
