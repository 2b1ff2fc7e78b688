import type { Claims } from "./jwt.ts";

/** An object as a token names it. */
export interface Identity {
  readonly name: string;
  readonly uid: string;
}

/** When a token was made and when it ends, in seconds. */
export interface Lifetime {
  /** By the wall clock, since 1970. */
  readonly issuedAt: number;
  readonly expires: number;
  /** From when on its bearer should have another, where that is sooner. */
  readonly warnAfter?: number;
  /** Which life of the process made it, and when by the clock that never steps. */
  readonly life: string;
  readonly at: number;
}

/** What the claims of a ServiceAccount's token say. */
export interface AccountClaims {
  readonly namespace: string;
  readonly account: Identity;
  readonly pod?: Identity | undefined;
  readonly node?: Identity | undefined;
  readonly secret?: Identity | undefined;
  readonly id?: string | undefined;
  /** Absent where it is for the API alone. */
  readonly audiences?: readonly string[];
  /** Absent where it lives as long as its Secret. */
  readonly lifetime?: Lifetime;
}

const PRIVATE = "kubernetes.io";
const OWN = "edgesite.io";
const LEGACY_PREFIX = "kubernetes.io/serviceaccount/";

/** The claims as a token carries them; the reader is `accountOf`. */
export function claimsOf(
  claims: Required<Pick<AccountClaims, "audiences" | "lifetime">> & AccountClaims,
): Claims {
  const { namespace, account, pod, node, secret, audiences, lifetime, id } = claims;
  const { issuedAt, expires, warnAfter, life, at } = lifetime;
  return {
    aud: audiences,
    exp: expires,
    iat: issuedAt,
    jti: id,
    [PRIVATE]: {
      namespace,
      ...(node && { node }),
      ...(pod && { pod }),
      ...(secret && { secret }),
      serviceaccount: account,
      ...(warnAfter !== undefined && { warnafter: warnAfter }),
    },
    nbf: issuedAt,
    sub: subjectOf(claims),
    [OWN]: { life, at },
  };
}

/** The claims of a token in a Secret; the reader is `accountOf` too. */
export function legacyClaimsOf(claims: AccountClaims): Claims {
  const { namespace, account, secret } = claims;
  return {
    [`${LEGACY_PREFIX}namespace`]: namespace,
    [`${LEGACY_PREFIX}secret.name`]: secret?.name,
    [`${LEGACY_PREFIX}service-account.name`]: account.name,
    [`${LEGACY_PREFIX}service-account.uid`]: account.uid,
    sub: subjectOf(claims),
  };
}

/** Reads the claims of a token; `undefined` when they are not all there. */
export function accountOf(claims: Claims): AccountClaims | undefined {
  const found = PRIVATE in claims ? boundOf(claims) : legacyOf(claims);
  return found && claims["sub"] === subjectOf(found) ? found : undefined;
}

function boundOf(claims: Claims): AccountClaims | undefined {
  const bound = record(claims[PRIVATE]);
  const account = identity(bound["serviceaccount"]);
  const { exp, iat, jti, aud } = claims;
  if (account === undefined || typeof exp !== "number" || typeof iat !== "number") return undefined;
  const { life, at } = record(claims[OWN]);
  return {
    namespace: text(bound["namespace"]),
    account,
    pod: identity(bound["pod"]),
    node: identity(bound["node"]),
    secret: identity(bound["secret"]),
    id: typeof jti === "string" ? jti : undefined,
    audiences: (Array.isArray(aud) ? aud : [aud]).map(text),
    lifetime: {
      ...{ issuedAt: iat, expires: exp, life: text(life), at: Number(at) },
      ...(typeof bound["warnafter"] === "number" && { warnAfter: bound["warnafter"] }),
    },
  };
}

function legacyOf(claims: Claims): AccountClaims | undefined {
  const [namespace, name, uid, secret] = [
    "namespace",
    "service-account.name",
    "service-account.uid",
    "secret.name",
  ].map((field) => text(claims[LEGACY_PREFIX + field]));
  if (!(namespace && name && uid && secret)) return undefined;
  return { namespace, account: { name, uid }, secret: { name: secret, uid: "" } };
}

/** `sub`: whose token it is. */
export function subjectOf({ namespace, account }: AccountClaims): string {
  return `system:serviceaccount:${namespace}:${account.name}`;
}

function identity(value: unknown): Identity | undefined {
  const { name, uid } = record(value);
  return typeof name === "string" ? { name, uid: text(uid) } : undefined;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
