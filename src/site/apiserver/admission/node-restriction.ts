import { isDeepStrictEqual } from "node:util";
import { heldDifference } from "#api/held/held-difference.ts";
import type { Node, PersistentVolumeClaim, Pod, TokenRequest } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CSI_NODES,
  LEASES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  SERVICE_ACCOUNTS,
} from "#api/resources.ts";
import { SCHEMA } from "#api/schema.ts";
import { notFound } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { explain } from "#lib/errors.ts";
import { readCertificateRequest } from "#lib/x509/certificate-request.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import { nodeNameOf } from "../authorization/node-identity.ts";
import { cloneJson } from "../json.ts";
import { collectionOf, newestOf, objectOf } from "../kind.ts";
import { forbiddenLabels } from "./node-labels.ts";
import { mirrorPodRefusal } from "./node-pods.ts";
import { NodeTokens } from "./node-tokens.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "./plugin.ts";

const CLAIM = SCHEMA.object(PERSISTENT_VOLUME_CLAIMS.definition);
const LEASE_NAMESPACE = "kube-node-lease";

interface Options {
  readonly store: ObjectStore;
  readonly authorizer: Authorizer;
}

/** Looks at what a node wants; why it may not, `undefined` where it may. */
type Rule = (node: string, request: AdmissionRequest) => string | undefined;

/**
 * NodeRestriction: a node changes itself, its pods and what is named after it, and nothing that
 * would draw pods or Secrets to it (plugin/pkg/admission/noderestriction).
 */
export function nodeRestriction({ store, authorizer }: Options): AdmissionPlugin {
  const tokens = new NodeTokens({ store, authorizer });
  const ofPodItself: Rule = (node, { operation, object, current }) => {
    if (operation === "CREATE") {
      const uid = newestOf(store, { resource: NODES, namespace: "" }, node)?.metadata?.uid;
      return mirrorPodRefusal(objectOf(PODS, object), { node, uid });
    }
    if (operation !== "DELETE") {
      return `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`;
    }
    if (objectOf(PODS, current).spec?.nodeName === node) return undefined;
    return `node "${node}" can only delete pods with spec.nodeName set to itself`;
  };

  const ofEviction: Rule = (node, { target: { namespace, name = "" } }) => {
    const pod = newestOf(store, { resource: PODS, namespace }, name);
    if (pod === undefined) throw notFound({ resource: PODS, name });
    if (pod.spec?.nodeName === node) return undefined;
    return `node ${node} can only evict pods with spec.nodeName set to itself`;
  };

  const podRules: ReadonlyMap<string, Rule> = new Map([
    ["", ofPodItself],
    ["status", ofPodStatus],
    ["eviction", ofEviction],
  ]);
  const ofPod: Rule = (node, request) => {
    const { subresource = "" } = request.target;
    const rule = podRules.get(subresource);
    if (rule) return rule(node, request);
    return `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`;
  };

  const ofAccount: Rule = (node, { target, object, admission: { user } }) => {
    const { namespace, name = "", subresource } = target;
    if (subresource !== "token") return undefined;
    const { spec = {} }: Partial<TokenRequest> = object ?? {};
    return tokens.refusal({ node, user, account: { namespace, name } }, spec);
  };

  const rules: readonly (readonly [kind: Resource, rule: Rule])[] = [
    [PODS, ofPod],
    [NODES, ofNode],
    [PERSISTENT_VOLUME_CLAIMS, ofClaim],
    [SERVICE_ACCOUNTS, ofAccount],
    [LEASES, ofLease],
    [CSI_NODES, ofCsiNode],
    [CERTIFICATE_SIGNING_REQUESTS, ofCertificateRequest],
  ];
  const byCollection = new Map(rules.map(([kind, rule]) => [collectionOf(kind), rule]));

  return {
    kinds: rules.map(([kind]) => kind),
    subresources: "all",
    mutate(request) {
      if (request.operation === "CONNECT") return;
      const { user } = request.admission;
      const node = nodeNameOf(user);
      if (node === undefined) return;
      if (node === "") throw refused(request, `could not determine node from user "${user.name}"`);
      const why = byCollection.get(collectionOf(request.target.resource))?.(node, request);
      if (why !== undefined) throw refused(request, why);
    },
  };
}

const nameOfTarget = ({ target, object }: AdmissionRequest): string =>
  target.name || object?.metadata?.name || "";

const ofPodStatus: Rule = (node, { operation, object, current }) => {
  if (operation !== "UPDATE") return `unexpected operation "${operation}"`;
  const [next, before] = [objectOf(PODS, object), objectOf(PODS, current)];
  if (before.spec?.nodeName !== node) {
    return `node "${node}" can only update pod status for pods with spec.nodeName set to itself`;
  }
  if (!isDeepStrictEqual(next.metadata?.labels ?? {}, before.metadata?.labels ?? {})) {
    return `node "${node}" cannot update labels through pod status`;
  }
  const claims = (pod: Pod) => pod.status?.resourceClaimStatuses ?? [];
  if (!isDeepStrictEqual(claims(next), claims(before))) {
    return `node "${node}" cannot update resource claim statues`;
  }
  const extended = (pod: Pod) => pod.status?.extendedResourceClaimStatus;
  if (isDeepStrictEqual(extended(next), extended(before))) return undefined;
  return `node "${node}" cannot update extended resource claim status`;
};

const ofNode: Rule = (node, request) => {
  const name = nameOfTarget(request);
  if (name !== node) return `node "${node}" is not allowed to modify node "${name}"`;
  const { operation, object, current } = request;
  if (operation === "CREATE") return newNodeRefusal(node, objectOf(NODES, object));
  if (operation !== "UPDATE") return undefined;
  const versions = { next: objectOf(NODES, object), current: objectOf(NODES, current) };
  return changedNodeRefusal(node, versions);
};

function newNodeRefusal(node: string, { metadata, spec }: Node): string | undefined {
  if (spec?.configSource) {
    return `node "${node}" is not allowed to create pods with a non-nil configSource`;
  }
  const labels = forbiddenLabels(metadata?.labels);
  if (labels.length === 0) return undefined;
  return `node "${node}" is not allowed to set the following labels: ${labels.join(", ")}`;
}

function changedNodeRefusal(
  node: string,
  { next, current }: { readonly next: Node; readonly current: Node },
): string | undefined {
  const source = next.spec?.configSource;
  if (source && !isDeepStrictEqual(source, current.spec?.configSource)) {
    return `node "${node}" is not allowed to update configSource to a new non-nil configSource`;
  }
  if (!isDeepStrictEqual(next.spec?.taints ?? [], current.spec?.taints ?? [])) {
    return `node "${node}" is not allowed to modify taints`;
  }
  const owners = ({ metadata }: Node) => metadata?.ownerReferences ?? [];
  if (!isDeepStrictEqual(owners(next), owners(current))) {
    return `node "${node}" is not allowed to modify ownerReferences`;
  }
  const labels = forbiddenLabels(next.metadata?.labels, current.metadata?.labels);
  return labels.length > 0 ? `is not allowed to modify labels: ${labels.join(", ")}` : undefined;
}

const ofClaim: Rule = (node, { operation, target, object, current }) => {
  if (target.subresource !== "status") return "may only update PVC status";
  if (operation !== "UPDATE") return `unexpected operation "${operation}"`;
  const versions = {
    current: besideSize(objectOf(PERSISTENT_VOLUME_CLAIMS, current)),
    next: besideSize(objectOf(PERSISTENT_VOLUME_CLAIMS, object)),
  };
  const changed = heldDifference(CLAIM, versions);
  if (changed === "") return undefined;
  return `node "${node}" is not allowed to update fields other than status.quantity and status.conditions: ${changed}`;
};

/** A claim without what its node says of its size. */
function besideSize(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const rest = cloneJson(claim);
  delete rest.metadata?.resourceVersion;
  delete rest.metadata?.managedFields;
  delete rest.status?.capacity;
  delete rest.status?.conditions;
  delete rest.status?.allocatedResources;
  delete rest.status?.allocatedResourceStatuses;
  return rest;
}

const KUBELET_SIGNERS: ReadonlySet<string> = new Set([
  "kubernetes.io/kubelet-serving",
  "kubernetes.io/kube-apiserver-client-kubelet",
]);

/** A node asks for certificates of its own name alone. */
const ofCertificateRequest: Rule = (node, { operation, target, object }) => {
  if (operation !== "CREATE" || target.subresource) return undefined;
  const { spec } = objectOf(CERTIFICATE_SIGNING_REQUESTS, object);
  if (!KUBELET_SIGNERS.has(spec?.signerName ?? "")) return undefined;
  try {
    const request = readCertificateRequest(Buffer.from(spec.request, "base64").toString());
    if (request.commonName === `system:node:${node}`) return undefined;
  } catch (error) {
    return `unable to parse csr: ${explain(error)}`;
  }
  return `can only create a node CSR with CN=system:node:${node}`;
};

const ofLease: Rule = (node, request) => {
  if (request.target.namespace !== LEASE_NAMESPACE) {
    return `can only access leases in the "${LEASE_NAMESPACE}" system namespace`;
  }
  if (nameOfTarget(request) === node) return undefined;
  return "can only access node lease with the same name as the requesting node";
};

const ofCsiNode: Rule = (node, request) =>
  nameOfTarget(request) === node
    ? undefined
    : "can only access CSINode with the same name as the requesting node";
