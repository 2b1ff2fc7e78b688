import type { KubeObject } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  LOCAL_SUBJECT_ACCESS_REVIEWS,
  ROLE_BINDINGS,
  ROLES,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_REVIEWS,
  SELF_SUBJECT_RULES_REVIEWS,
  SERVICE_ACCOUNTS,
  SUBJECT_ACCESS_REVIEWS,
  TOKEN_REVIEWS,
} from "#api/resources.ts";
import { EscalationGuard } from "../authorization/escalation.ts";
import type { Security } from "../security.ts";
import type { Strategy } from "../strategy.ts";
import { localSubjectAccess, selfAccess, selfRules, subjectAccess } from "./access-reviews.ts";
import { selfSubject, tokenReviews } from "./identity-reviews.ts";
import { bindings, roles } from "./rbac.ts";
import { serviceAccounts } from "./token-request.ts";

type SetStrategy = <T extends KubeObject>(resource: Resource<T>, strategy: Strategy<T>) => void;

/** Hands `set` the strategies of all kinds about users and rights. */
export function securityStrategies(security: Security, set: SetStrategy): void {
  const { authorizer, authenticator, tokens } = security;
  const guard = new EscalationGuard(security);
  set(SERVICE_ACCOUNTS, serviceAccounts(security));
  set(ROLES, roles(guard));
  set(CLUSTER_ROLES, roles(guard));
  set(ROLE_BINDINGS, bindings(guard));
  set(CLUSTER_ROLE_BINDINGS, bindings(guard));
  set(TOKEN_REVIEWS, tokenReviews({ authenticator, audiences: [tokens.issuer] }));
  set(SELF_SUBJECT_REVIEWS, selfSubject);
  set(SELF_SUBJECT_ACCESS_REVIEWS, selfAccess(authorizer));
  set(SUBJECT_ACCESS_REVIEWS, subjectAccess(authorizer));
  set(LOCAL_SUBJECT_ACCESS_REVIEWS, localSubjectAccess(authorizer));
  set(SELF_SUBJECT_RULES_REVIEWS, selfRules(security.roles));
}
