import { nameOf, type Secret } from "./object.ts";

/** Where the Secrets of bootstrap tokens lie. */
export const BOOTSTRAP_TOKEN_NAMESPACE = "kube-system";

const TYPE = "bootstrap.kubernetes.io/token";

/** A token that machines join with (k8s.io/cluster-bootstrap/token/api). */
export interface BootstrapToken {
  readonly id: string;
  /** A secret. */
  readonly secret: string;
  /** When it ends, in ms since 1970; never is Infinity. One that cannot be read was long ago. */
  readonly expiresMs: number;
  readonly groups: readonly string[];
  readonly forAuthentication: boolean;
  readonly forSigning: boolean;
}

/** The name of the Secret of a token. */
export const bootstrapSecretName = (id: string): string => `bootstrap-token-${id}`;

/** True for Secrets that say they are bootstrap tokens. */
export const isBootstrapSecret = ({ type }: Secret): boolean => type === TYPE;

/** The token that a Secret holds; `undefined` where it holds none, or that of another name. */
export function bootstrapTokenOf(secret: Secret): BootstrapToken | undefined {
  const id = textOf(secret, "token-id");
  if (!isBootstrapSecret(secret) || nameOf(secret) !== bootstrapSecretName(id)) return undefined;
  return {
    id,
    secret: textOf(secret, "token-secret"),
    expiresMs: expiryOf(secret),
    groups: textOf(secret, "auth-extra-groups")
      .split(",")
      .filter((group) => group !== ""),
    forAuthentication: textOf(secret, "usage-bootstrap-authentication") === "true",
    forSigning: textOf(secret, "usage-bootstrap-signing") === "true",
  };
}

/** When a Secret of that type ends: see `BootstrapToken.expiresMs`. */
export function expiryOf(secret: Secret): number {
  const expiration = textOf(secret, "expiration");
  if (expiration === "") return Number.POSITIVE_INFINITY;
  return RFC3339.test(expiration) ? Date.parse(expiration) : Number.NEGATIVE_INFINITY;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function textOf({ data }: Secret, name: string): string {
  return Buffer.from(data?.[name] ?? "", "base64").toString();
}
