import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "#api/object.ts";
import type { EscalationGuard } from "../authorization/escalation.ts";
import type { Strategy } from "../strategy.ts";

/** Roles of both scopes: nobody writes more into one than he may do himself. */
export function roles(guard: EscalationGuard): Strategy<Role> & Strategy<ClusterRole> {
  return {
    prepareCreate: (object: Role | ClusterRole, { user }) => guard.checkRole({ user, object }),
    prepareUpdate: ({ next, current }, { user }) =>
      guard.checkRole({ user, object: next, current }),
  };
}

/** Bindings of both scopes: nobody gives what he does not have. */
export function bindings(
  guard: EscalationGuard,
): Strategy<RoleBinding> & Strategy<ClusterRoleBinding> {
  return {
    prepareCreate: (object: RoleBinding | ClusterRoleBinding, { user }) =>
      guard.checkBinding({ user, object }),
    prepareUpdate: ({ next, current }, { user }) =>
      guard.checkBinding({ user, object: next, current }),
  };
}
