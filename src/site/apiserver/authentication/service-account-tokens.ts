import { randomUUID } from "node:crypto";
import { type KubeObject, namespaceOf, type Secret, type ServiceAccount } from "#api/object.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import {
  type Authenticated,
  authenticatedUser,
  type TokenAuthenticator,
  TokenRefused,
} from "./authenticator.ts";
import { BoundObjects } from "./bound-objects.ts";
import { type Claims, signJwt, unverifiedClaims, verifyJwt } from "./jwt.ts";
import {
  type AccountClaims,
  accountOf,
  claimsOf,
  type Identity,
  type Lifetime,
  legacyClaimsOf,
  subjectOf,
} from "./token-claims.ts";
import type { TokenKeys } from "./token-keys.ts";

/** Who may bear a token, what it ends with, and for how long it holds. */
export interface TokenOrder {
  readonly account: ServiceAccount;
  readonly audiences: readonly string[];
  readonly seconds: number;
  /** Its `jti`; a new one where absent. */
  readonly id?: string;
  /** Its bearer should have renewed it after this long. */
  readonly warnAfterSeconds?: number;
  readonly pod?: KubeObject;
  readonly node?: KubeObject;
  readonly secret?: KubeObject;
}

/** Whose tokens are accepted. */
export interface TokenIssuer {
  /** `iss`: the URL under which the keys are published. It is also the audience of the API itself. */
  readonly issuer: string;
  readonly keys: TokenKeys;
}

interface ServiceAccountTokensOptions extends TokenIssuer {
  readonly store: ObjectStore;
  readonly clock: Clock;
}

/** The issuer of tokens that lie in Secrets and never end. */
const LEGACY_ISSUER = "kubernetes/serviceaccount";
/** How every JWT begins: `{"` in base64. */
const JWT_START = "eyJ";
const LEEWAY_SECONDS = 60;
/** Tokens whose signature was found right; each costs about 1 KB. */
const REMEMBERED = 2048;

/**
 * Tokens of ServiceAccounts: JWTs, as kube-apiserver makes and accepts them. Those that this process
 * made end by the monotonic clock, all others by the wall clock: a step of the clock ends none that
 * a pod was just given. One from the future is ours all the same: it was the clock that went back.
 */
export class ServiceAccountTokens implements TokenAuthenticator {
  readonly issuer: string;
  readonly #keys: TokenKeys;
  readonly #clock: Clock;
  readonly #bound: BoundObjects;
  /** Names this life of the process in its tokens. */
  readonly #life = randomUUID();
  readonly #verified = new Map<string, AccountClaims>();

  constructor({ issuer, keys, store, clock }: ServiceAccountTokensOptions) {
    this.issuer = issuer;
    this.#keys = keys;
    this.#clock = clock;
    this.#bound = new BoundObjects(store, clock);
  }

  issue(order: TokenOrder): string {
    const { account, audiences, seconds, warnAfterSeconds, pod, node, secret } = order;
    const issuedAt = this.#seconds();
    const claims = claimsOf({
      namespace: namespaceOf(account),
      account: identityOf(account),
      pod: pod && identityOf(pod),
      node: node && identityOf(node),
      secret: secret && identityOf(secret),
      id: order.id ?? randomUUID(),
      audiences,
      lifetime: {
        issuedAt,
        expires: issuedAt + seconds,
        ...(warnAfterSeconds !== undefined && { warnAfter: issuedAt + warnAfterSeconds }),
        life: this.#life,
        at: this.#monotonicSeconds(),
      },
    });
    return this.#sign(this.issuer, claims);
  }

  /** A token for a Secret of type `kubernetes.io/service-account-token`: it lives as long as that. */
  issueForSecret(account: ServiceAccount, secret: Secret): string {
    const claims = legacyClaimsOf({
      namespace: namespaceOf(account),
      account: identityOf(account),
      secret: identityOf(secret),
    });
    return this.#sign(LEGACY_ISSUER, claims);
  }

  authenticate(token: string, wanted: readonly string[]): Authenticated | undefined {
    if (!token.startsWith(JWT_START)) return undefined;
    const claims = this.#verified.get(token) ?? this.#verify(token);
    if (claims === undefined) return undefined;
    const { audiences = [this.issuer], lifetime } = claims;
    const common = audiences.filter((one) => wanted.includes(one));
    if (common.length === 0) {
      throw new TokenRefused(
        `token audiences ${JSON.stringify(audiences)} is invalid for the target audiences ${JSON.stringify(wanted)}`,
      );
    }
    if (lifetime) this.#checkTime(lifetime);
    else this.#bound.checkHolder(claims, token);
    this.#bound.check(claims);
    const notes = lifetime ? this.#staleness(claims, lifetime) : this.#bound.holderNotes(claims);
    return { user: userOf(claims), audiences: common, ...(notes && { notes }) };
  }

  /** A token that its bearer should have renewed by now. */
  #staleness(claims: AccountClaims, lifetime: Lifetime): Authenticated["notes"] {
    const { issuedAt, warnAfter } = lifetime;
    if (warnAfter === undefined) return undefined;
    const seconds = this.#age(lifetime) - (warnAfter - issuedAt);
    if (seconds <= 0) return undefined;
    const told = `subject: ${subjectOf(claims)}, seconds after warning threshold: ${seconds}`;
    return { annotations: { "authentication.k8s.io/stale-token": told } };
  }

  #sign(issuer: string, claims: Claims): string {
    return signJwt({ iss: issuer, ...claims }, this.#keys.signing);
  }

  #verify(token: string): AccountClaims | undefined {
    const issuer = unverifiedClaims(token)?.["iss"];
    if (issuer !== this.issuer && issuer !== LEGACY_ISSUER) return undefined;
    const signed = verifyJwt(token, this.#keys.accepted);
    const claims = signed && accountOf(signed);
    if (claims === undefined) throw new TokenRefused("invalid signature or claims");
    // What was signed for one issuer must not be taken for what the other signs.
    if ((claims.lifetime === undefined) !== (issuer === LEGACY_ISSUER)) {
      throw new TokenRefused("invalid claims for its issuer");
    }
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size < REMEMBERED) break;
      this.#verified.delete(oldest);
    }
    this.#verified.set(token, claims);
    return claims;
  }

  #checkTime(lifetime: Lifetime): void {
    const { issuedAt, expires } = lifetime;
    if (this.#age(lifetime) <= expires - issuedAt + LEEWAY_SECONDS) return;
    throw new TokenRefused("service account token has expired");
  }

  /** How many seconds ago a token was made. */
  #age({ issuedAt, life, at }: Lifetime): number {
    return life === this.#life ? this.#monotonicSeconds() - at : this.#seconds() - issuedAt;
  }

  #seconds(): number {
    return Math.floor(this.#clock.now().getTime() / 1000);
  }

  #monotonicSeconds(): number {
    return Math.floor(this.#clock.monotonicMs() / 1000);
  }
}

function identityOf({ metadata }: KubeObject): Identity {
  return { name: metadata?.name ?? "", uid: metadata?.uid ?? "" };
}

function userOf({ namespace, account, pod, node, id }: AccountClaims): Authenticated["user"] {
  const prefix = "authentication.kubernetes.io";
  return authenticatedUser({
    name: `system:serviceaccount:${namespace}:${account.name}`,
    uid: account.uid,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
    extra: {
      ...(id !== undefined && { [`${prefix}/credential-id`]: [`JTI=${id}`] }),
      ...(node && { [`${prefix}/node-name`]: [node.name], [`${prefix}/node-uid`]: [node.uid] }),
      ...(pod && { [`${prefix}/pod-name`]: [pod.name], [`${prefix}/pod-uid`]: [pod.uid] }),
    },
  });
}
