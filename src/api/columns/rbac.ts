import type { ClusterRoleBinding, RoleBinding } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, text, wide } from "./column.ts";

type Binding = Pick<RoleBinding, "roleRef" | "subjects">;

function subjects({ subjects: all = [] }: Binding, kind: string): string {
  return all
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (namespace ? `${namespace}/${name}` : name))
    .join(", ");
}

function bindingColumns(kind: string, roleDescription: string): readonly Column<RoleBinding>[] {
  const of = (subject: string) => (binding: RoleBinding) => subjects(binding, subject);
  return [
    text(
      { name: "Role", description: roleDescription },
      ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
    ),
    AGE,
    wide(text({ name: "Users", description: `Users in the ${kind}` }, of("User"))),
    wide(text({ name: "Groups", description: `Groups in the ${kind}` }, of("Group"))),
    wide(
      text(
        { name: "ServiceAccounts", description: `ServiceAccounts in the ${kind}` },
        of("ServiceAccount"),
      ),
    ),
  ];
}

/** The columns of `kubectl get rolebindings`. */
export const ROLE_BINDING_COLUMNS = bindingColumns(
  "roleBinding",
  "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.",
);

/** The columns of `kubectl get clusterrolebindings`. */
export const CLUSTER_ROLE_BINDING_COLUMNS: readonly Column<ClusterRoleBinding>[] = bindingColumns(
  "clusterRoleBinding",
  "RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.",
);
