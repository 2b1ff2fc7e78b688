import type { ObjectStore } from "#db/object-store.ts";
import type { Clock } from "#lib/clock.ts";
import { firstOf, forAudiences, type TokenAuthenticator } from "./authentication/authenticator.ts";
import { bootstrapTokens } from "./authentication/bootstrap-tokens.ts";
import { ServiceAccountTokens, type TokenIssuer } from "./authentication/service-account-tokens.ts";
import { staticToken } from "./authentication/static-token.ts";
import { Authorizer } from "./authorization/authorizer.ts";
import { NodeAuthorizer } from "./authorization/node-authorizer.ts";
import { NodeGraph } from "./authorization/node-graph.ts";
import { RbacIndex } from "./authorization/rbac-index.ts";

export interface SecurityOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** Who issues the tokens of ServiceAccounts. */
  readonly tokens: TokenIssuer;
  /** Bearer token of the user `edgesite-admin`; where absent, there is no such user. */
  readonly adminToken?: string;
  readonly signal: AbortSignal;
}

/** Who somebody is, and what he may do. */
export interface Security {
  readonly store: ObjectStore;
  readonly roles: RbacIndex;
  readonly authorizer: Authorizer;
  readonly tokens: ServiceAccountTokens;
  readonly authenticator: TokenAuthenticator;
}

export function createSecurity(options: SecurityOptions): Security {
  const { store, clock, adminToken, signal } = options;
  const roles = new RbacIndex(store, signal);
  const tokens = new ServiceAccountTokens({ ...options.tokens, store, clock });
  const own = [tokens.issuer];
  const authenticator = firstOf([
    tokens,
    ...(adminToken === undefined ? [] : [forAudiences(own, staticToken(adminToken))]),
    forAudiences(own, bootstrapTokens(store, clock)),
  ]);
  const nodes = new NodeAuthorizer(new NodeGraph(store, signal));
  return { store, roles, authorizer: new Authorizer({ roles, nodes }), tokens, authenticator };
}
