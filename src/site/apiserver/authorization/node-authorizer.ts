import type { Access, ResourceAccess } from "#api/access.ts";
import { COMPONENT_ROLES } from "../policy/component-roles.ts";
import { ruleOf } from "../policy/rule-text.ts";
import type { NodeGraph } from "./node-graph.ts";
import { allows } from "./rule.ts";

const LEASE_NAMESPACE = "kube-node-lease";

/** A node that wants something. */
interface Wish {
  readonly node: string;
  readonly access: ResourceAccess;
}

/** Why a node may not; `""` where nothing is to be said, `undefined` where it may. */
type Refusal = string | undefined;

/**
 * What nodes may do (plugin/pkg/auth/authorizer/node): what their role says, and of what other
 * nodes have, too, only what is theirs. Creations are left to the admission of NodeRestriction.
 */
export class NodeAuthorizer {
  readonly #graph: NodeGraph;
  readonly #rules = (COMPONENT_ROLES["system:node"]?.rules ?? []).map(ruleOf);

  constructor(graph: NodeGraph) {
    this.#graph = graph;
  }

  /** Why a node may not do something; `""` where that is all there is to say, `undefined` where it may. */
  refusal(node: string, access: Access): Refusal {
    if (node === "") return 'unknown node for user "system:node:"';
    if ("path" in access) return this.#byRole(access);
    const wish = { node, access };
    switch (`${access.group}/${access.resource}`) {
      case "/secrets":
      case "/configmaps":
        return this.#reading(wish);
      case "/persistentvolumeclaims":
        return access.subresource === "status" ? this.#updatingStatus(wish) : this.#getting(wish);
      case "/persistentvolumes":
      case "resource.k8s.io/resourceclaims":
      case "storage.k8s.io/volumeattachments":
        return this.#getting(wish);
      case "/serviceaccounts":
        return access.verb === "get" && access.subresource === ""
          ? this.#reading(wish)
          : this.#creatingToken(wish);
      case "coordination.k8s.io/leases":
        return ofLease(wish);
      case "storage.k8s.io/csinodes":
        return ofCsiNode(wish);
      case "/nodes":
        return ofNode(wish);
      case "/pods":
        return this.#ofPod(wish);
      default:
        return this.#byRole(access);
    }
  }

  #byRole(access: Access): Refusal {
    return this.#rules.some((rule) => allows(rule, access)) ? undefined : "";
  }

  #related({ node, access }: Wish): Refusal {
    if (access.name === "") return "No Object name found";
    if (this.#graph.relates(node, access)) return undefined;
    return `no relationship found between node '${node}' and this object`;
  }

  #getting(wish: Wish): Refusal {
    const { verb, subresource } = wish.access;
    if (verb !== "get") return "can only get individual resources of this type";
    if (subresource !== "") return "cannot get subresource";
    return this.#related(wish);
  }

  #reading(wish: Wish): Refusal {
    const { verb, subresource, namespace } = wish.access;
    if (!READING.has(verb)) return "can only read resources of this type";
    if (subresource !== "") return "cannot read subresource";
    if (namespace === "") return "can only read namespaced object of this type";
    return this.#related(wish);
  }

  #updatingStatus(wish: Wish): Refusal {
    if (UPDATING.has(wish.access.verb)) return this.#related(wish);
    return "can only get/update/patch this type";
  }

  #creatingToken(wish: Wish): Refusal {
    const { verb, subresource, name } = wish.access;
    if (verb !== "create" || name === "") {
      return "can only create tokens for individual service accounts";
    }
    if (subresource !== "token") return "can only create token subresource of serviceaccount";
    return this.#related(wish);
  }

  #ofPod(wish: Wish): Refusal {
    const { node, access } = wish;
    const { verb, subresource, name, required } = access;
    if (subresource === "status") return UPDATING.has(verb) ? undefined : "";
    if (subresource === "eviction") return verb === "create" ? undefined : "";
    if (subresource !== "") return "";
    if (verb === "create" || verb === "delete") return undefined;
    if (!READING.has(verb)) return "";
    if (verb === "get") return this.#related(wish);
    if (required?.("spec.nodeName") === node) return undefined;
    if (name !== "") return this.#related(wish);
    return "can only list/watch pods with spec.nodeName field selector";
  }
}

const READING: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const UPDATING: ReadonlySet<string> = new Set(["update", "patch"]);
const KEEPING: ReadonlySet<string> = new Set(["get", "create", "update", "patch", "delete"]);

function ofLease({ node, access: { verb, namespace, name } }: Wish): Refusal {
  if (!KEEPING.has(verb)) return "can only get, create, update, patch, or delete a node lease";
  if (namespace !== LEASE_NAMESPACE) {
    return `can only access leases in the "${LEASE_NAMESPACE}" system namespace`;
  }
  if (verb === "create" || name === node) return undefined;
  return "can only access node lease with the same name as the requesting node";
}

function ofCsiNode({ node, access: { verb, subresource, name } }: Wish): Refusal {
  if (!KEEPING.has(verb)) return "can only get, create, update, patch, or delete a CSINode";
  if (subresource !== "") return "cannot authorize CSINode subresources";
  if (verb === "create" || name === node) return undefined;
  return "can only access CSINode with the same name as the requesting node";
}

function ofNode({ node, access: { verb, subresource, name } }: Wish): Refusal {
  if (subresource === "status") return UPDATING.has(verb) ? undefined : "";
  if (subresource !== "") return "";
  if (verb === "create" || UPDATING.has(verb)) return undefined;
  if (!READING.has(verb)) return "";
  // By name, so that a kubelet can look for its Node before it makes it.
  if (name === node) return undefined;
  if (name === "") return `node '${node}' cannot read all nodes, only its own Node object`;
  return `node '${node}' cannot read '${name}', only its own Node object`;
}
