import type {
  ClusterRole,
  ClusterRoleBinding,
  ObjectMeta,
  Role,
  RoleBinding,
  Subject,
} from "#api/object.ts";
import { CLUSTER_BINDINGS, COMPONENT_ROLES } from "./component-roles.ts";
import { CONTROLLER_ROLES } from "./controller-roles.ts";
import { NAMESPACE_BINDINGS, NAMESPACE_ROLES } from "./namespace-roles.ts";
import { ruleOf } from "./rule-text.ts";
import { type RoleTexts, USER_ROLES } from "./user-roles.ts";

const GROUP = "rbac.authorization.k8s.io";
const CONTROLLER = "system:controller:";

/** A role or binding that says so is kept as it is here, whatever is done to it. */
export const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

/** The roles and bindings that every cluster has (plugin/pkg/auth/authorizer/rbac/bootstrappolicy). */
export interface BootstrapPolicy {
  readonly clusterRoles: readonly ClusterRole[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
  readonly roles: readonly Role[];
  readonly roleBindings: readonly RoleBinding[];
}

/** Makes them anew: nobody shares what a store will freeze. */
export function bootstrapPolicy(): BootstrapPolicy {
  const controllers = Object.entries(CONTROLLER_ROLES);
  return {
    clusterRoles: [
      ...Object.entries({ ...USER_ROLES, ...COMPONENT_ROLES }).map(clusterRole),
      ...controllers.map(([name, rules]) => clusterRole([CONTROLLER + name, { rules }])),
    ],
    clusterRoleBindings: [
      ...Object.entries(CLUSTER_BINDINGS).map(([role, subjects]) => ({
        ...identity({ kind: "ClusterRoleBinding", name: role }),
        ...bound("ClusterRole", role, subjects),
      })),
      ...controllers.map(([name]) => ({
        ...identity({ kind: "ClusterRoleBinding", name: CONTROLLER + name }),
        ...bound("ClusterRole", CONTROLLER + name, [`ServiceAccount:${name}`]),
      })),
    ],
    roles: NAMESPACE_ROLES.map(({ namespace, name, rules }) => ({
      ...identity({ kind: "Role", name, namespace }),
      rules: rules.map(ruleOf),
    })),
    roleBindings: NAMESPACE_BINDINGS.map(({ namespace, name, role, subjects }) => ({
      ...identity({ kind: "RoleBinding", name, namespace }),
      ...bound("Role", role, subjects),
    })),
  };
}

function clusterRole([name, { rules, partOf, gathered }]: readonly [
  name: string,
  texts: RoleTexts,
]): ClusterRole {
  const role: ClusterRole = identity({ kind: "ClusterRole", name });
  if (partOf !== undefined)
    role.metadata = labelled(role.metadata, { [partLabel(partOf)]: "true" });
  if (gathered) {
    role.aggregationRule = {
      clusterRoleSelectors: [{ matchLabels: { [partLabel(name)]: "true" } }],
    };
  }
  if (rules) role.rules = rules.map(ruleOf);
  return role;
}

const partLabel = (role: string): string => `${GROUP}/aggregate-to-${role}`;

function labelled(metadata: ObjectMeta = {}, labels: Record<string, string>): ObjectMeta {
  return { ...metadata, labels: { ...metadata.labels, ...labels } };
}

function identity({
  kind,
  ...place
}: {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}) {
  const metadata: ObjectMeta = {
    ...place,
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
    annotations: { [AUTOUPDATE]: "true" },
  };
  return { apiVersion: `${GROUP}/v1`, kind, metadata };
}

function bound(kind: "Role" | "ClusterRole", name: string, subjects: readonly string[]) {
  return {
    roleRef: { apiGroup: GROUP, kind, name },
    ...(subjects.length > 0 && { subjects: subjects.map(subjectOf) }),
  };
}

/** `Group:system:masters`, `User:…`, or `ServiceAccount:` and a name in kube-system. */
function subjectOf(text: string): Subject {
  const colon = text.indexOf(":");
  const [kind, name] = [text.slice(0, colon), text.slice(colon + 1)];
  if (kind === "ServiceAccount") return { kind, name, namespace: "kube-system" };
  return { apiGroup: GROUP, kind, name };
}
