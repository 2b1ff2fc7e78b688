import type { RoleBinding } from "../object.ts";

const GROUP = "rbac.authorization.k8s.io";

/** Users, groups and roles are of RBAC's own group unless a binding says otherwise. */
export function setBindingDefaults(binding: Pick<RoleBinding, "roleRef" | "subjects">): void {
  if (binding.roleRef) binding.roleRef.apiGroup ||= GROUP;
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= GROUP;
  }
}
