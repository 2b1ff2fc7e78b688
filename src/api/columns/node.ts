import type { Node } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, text, wide } from "./column.ts";

const ROLE_PREFIX = "node-role.kubernetes.io/";
const ROLE_LABEL = "kubernetes.io/role";

function statusOf({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const parts = [];
  if (ready === undefined) parts.push("Unknown");
  else parts.push(ready.status === "True" ? "Ready" : "NotReady");
  if (spec?.unschedulable) parts.push("SchedulingDisabled");
  return parts.join(",");
}

function rolesOf({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [label, value] of Object.entries(metadata?.labels ?? {})) {
    const role = label.startsWith(ROLE_PREFIX) ? label.slice(ROLE_PREFIX.length) : "";
    if (role !== "") roles.add(role);
    if (label === ROLE_LABEL && value !== "") roles.add(value);
  }
  return roles.size === 0 ? "<none>" : [...roles].sort().join(",");
}

function addressOf({ status }: Node, wanted: string): string {
  return status?.addresses?.find(({ type }) => type === wanted)?.address ?? "<none>";
}

const unknown = (value: string | undefined) => value || "<unknown>";

const ADDRESSES =
  "List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP).";

/** The columns of `kubectl get nodes`. */
export const NODE_COLUMNS: readonly Column<Node>[] = [
  text({ name: "Status", description: "The status of the node" }, statusOf),
  text({ name: "Roles", description: "The roles of the node" }, rolesOf),
  AGE,
  text(
    { name: "Version", description: "Kubelet Version reported by the node." },
    ({ status }) => status?.nodeInfo?.kubeletVersion ?? "",
  ),
  wide(
    text({ name: "Internal-IP", description: ADDRESSES }, (node) => addressOf(node, "InternalIP")),
  ),
  wide(
    text({ name: "External-IP", description: ADDRESSES }, (node) => addressOf(node, "ExternalIP")),
  ),
  wide(
    text(
      {
        name: "OS-Image",
        description:
          "OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).",
      },
      ({ status }) => unknown(status?.nodeInfo?.osImage),
    ),
  ),
  wide(
    text(
      {
        name: "Kernel-Version",
        description:
          "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).",
      },
      ({ status }) => unknown(status?.nodeInfo?.kernelVersion),
    ),
  ),
  wide(
    text(
      {
        name: "Container-Runtime",
        description:
          "ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).",
      },
      ({ status }) => unknown(status?.nodeInfo?.containerRuntimeVersion),
    ),
  ),
];
